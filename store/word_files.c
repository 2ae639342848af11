/* SPDX-License-Identifier: Apache-2.0 */
#include "store/word_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "schemas/error.h"
#include "schemas/locale.h"
#include "store/read_whole.h"

struct loading {
	const char *dir;
	struct rph_word_files *files;
	struct rph_buffer *problem;
};

static int complain(struct loading *loading, const char *name, const char *what)
{
	rph_buffer_format(loading->problem, "%s%s%s: %s\n", loading->dir, name ? "/" : "",
			  name ? name : "", what);
	return loading->problem->error ? loading->problem->error : RPH_E_BAD_CONFIG;
}

/* ---- one file ------------------------------------------------------------------------------- */

/* One byte more than there is: a file that grows meanwhile is noticed. */
static int read_open(int fd, struct rph_arena *arena, struct rph_span *ret)
{
	off_t size = lseek(fd, 0, SEEK_END);

	if (size < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	if (size > RPH_WORD_FILE_MAX_BYTES)
		return -EFBIG;
	char *text = rph_arena_bytes(arena, (size_t)size + 1);
	if (!text)
		return RPH_E_NO_MEMORY;
	ssize_t len = rph_read_whole(fd, text, (size_t)size + 1);
	if (len < 0)
		return (int)len;
	*ret = (struct rph_span){text, (size_t)len};
	return len > size ? -EAGAIN : 0;
}

static int read_file(struct loading *loading, const char *name, struct rph_span *ret)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", loading->dir, name) < 0)
		return RPH_E_NO_MEMORY;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int error = fd < 0 ? -errno : read_open(fd, &loading->files->arena, ret);
	if (fd >= 0)
		(void)close(fd); /* nothing was written */
	free(path);
	if (error == -EFBIG)
		return complain(loading, name,
				"is longer than 64 MiB; cut it to the words that people say to "
				"the assistant");
	if (error && error != RPH_E_NO_MEMORY)
		return complain(loading, name, rph_strerror(error));
	return error;
}

static int parse(struct loading *loading, struct rph_span text, struct rph_word_file *file)
{
	struct rph_word_fault fault;

	int error = rph_word_list_parse(file->list.kind, text, &loading->files->arena, &file->list,
					&fault);
	if (error == RPH_E_BAD_CONFIG)
		rph_buffer_format(loading->problem, "%s/%s:%zu: %s; %s\n", loading->dir, file->name,
				  fault.line, fault.sentence, fault.remedy);
	crypto_hash_sha256(file->sha256, (const unsigned char *)text.ptr, text.len);
	return error;
}

/* ---- the directory -------------------------------------------------------------------------- */

static bool kind_of(const char *name, enum rph_word_kind *ret, size_t *ret_stem)
{
	size_t len = strlen(name);

	for (unsigned i = 0; i < RPH_WORD_KINDS && name[0] != '.'; i++) {
		size_t ending = strlen(rph_word_kind_ending(i));
		if (len <= ending || strcmp(name + len - ending, rph_word_kind_ending(i)) != 0)
			continue;
		*ret = i;
		*ret_stem = len - ending;
		return true;
	}
	return false;
}

static int append(struct rph_word_files *files, const struct rph_word_file *file)
{
	void *grown = reallocarray(files->list, files->count + 1, sizeof(*files->list));

	if (!grown)
		return RPH_E_NO_MEMORY;
	files->list = grown;
	files->list[files->count++] = *file;
	return 0;
}

static int add_name(struct loading *loading, const char *name)
{
	struct rph_arena *arena = &loading->files->arena;
	struct rph_word_file file = {.name = NULL};
	size_t stem = 0;

	if (!kind_of(name, &file.list.kind, &stem))
		return 0;
	char *tag = rph_arena_bytes(arena, stem + 1 > RPH_LOCALE_MAX ? stem + 1 : RPH_LOCALE_MAX);
	char *kept = rph_arena_bytes(arena, strlen(name) + 1);
	if (!tag || !kept)
		return RPH_E_NO_MEMORY;
	memcpy(kept, name, strlen(name) + 1);
	if (!rph_locale_canonical((struct rph_span){name, stem}, tag))
		return complain(loading, name,
				"is not named after a locale; name it for example en-US.tsv or "
				"de.unimorph");
	file.name = kept;
	file.locale = (struct rph_span){tag, stem};
	if (rph_word_files_find(loading->files, file.list.kind, file.locale) &&
	    rph_span_equal(rph_word_files_find(loading->files, file.list.kind, file.locale)->locale,
			   file.locale))
		return complain(loading, name, "is a second file for its locale; join them");
	return append(loading->files, &file);
}

static int list_names(struct loading *loading)
{
	DIR *dir = opendir(loading->dir);
	int error = 0;

	if (!dir)
		return complain(loading, NULL, rph_strerror(-errno));
	while (!error) {
		errno = 0;
		const struct dirent *entry = readdir(dir);
		if (!entry) {
			error = errno ? complain(loading, NULL, rph_strerror(-errno)) : 0;
			break;
		}
		error = add_name(loading, entry->d_name);
	}
	(void)closedir(dir);
	if (!error && loading->files->count == 0)
		return complain(loading, NULL,
				"holds no LOCALE.tsv and no LOCALE.unimorph; add one, or leave the "
				"key out");
	return error;
}

static int compare_files(const void *left, const void *right)
{
	const struct rph_word_file *a = left, *b = right;
	return strcmp(a->name, b->name);
}

int rph_word_files_load(const char *dir, struct rph_word_files *ret, struct rph_buffer *problem)
{
	struct loading loading = {dir, ret, problem};

	*ret = (struct rph_word_files){NULL, 0, {0}};
	rph_arena_init(&ret->arena, SIZE_MAX);
	int error = list_names(&loading);
	if (error)
		return error;
	qsort(ret->list, ret->count, sizeof(*ret->list), compare_files);
	for (size_t i = 0; i < ret->count && !error; i++) {
		struct rph_span text = {"", 0};
		error = read_file(&loading, ret->list[i].name, &text);
		if (!error)
			error = parse(&loading, text, &ret->list[i]);
	}
	return error;
}

void rph_word_files_free(struct rph_word_files *files)
{
	free(files->list);
	rph_arena_free(&files->arena);
	*files = (struct rph_word_files){NULL, 0, {0}};
}

const struct rph_word_file *rph_word_files_find(const struct rph_word_files *files,
						enum rph_word_kind kind, struct rph_span locale)
{
	while (locale.len) {
		for (size_t i = 0; i < files->count; i++)
			if (files->list[i].list.kind == kind &&
			    rph_span_equal(files->list[i].locale, locale))
				return &files->list[i];
		do
			locale.len--;
		while (locale.len && locale.ptr[locale.len] != '-');
	}
	return NULL;
}

void rph_word_files_mix(const struct rph_word_files *files, uint8_t digest[static 32])
{
	crypto_generichash_state state;

	if (crypto_generichash_init(&state, NULL, 0, 32) ||
	    crypto_generichash_update(&state, digest, 32))
		RPH_ASSERT(!"BLAKE2b");
	for (size_t i = 0; i < files->count; i++) {
		const struct rph_word_file *file = &files->list[i];
		int failed = crypto_generichash_update(&state, (const unsigned char *)file->name,
						       strlen(file->name) + 1);
		failed |= crypto_generichash_update(&state, file->sha256, sizeof(file->sha256));
		RPH_ASSERT(!failed);
	}
	int failed = crypto_generichash_final(&state, digest, 32);
	RPH_ASSERT(!failed);
}
