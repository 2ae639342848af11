/* SPDX-License-Identifier: Apache-2.0
 *
 * replay_corpus.c - runs a fuzz target over every file of its corpus, under any compiler. Fails when
 * there is no file: a corpus that went missing must not look like a pass.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *dir, const char *name)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "rb");
	if (!file)
		return 1;
	uint8_t *data = malloc(1 << 20);
	if (!data) {
		fclose(file);
		return 1;
	}
	size_t size = fread(data, 1, 1 << 20, file);
	/* An exact block, so that reading one byte beyond the input is seen. */
	uint8_t *exact = malloc(size ? size : 1);
	for (size_t i = 0; exact && i < size; i++)
		exact[i] = data[i];
	if (exact)
		LLVMFuzzerTestOneInput(exact, size);
	int failed = exact ? 0 : 1;
	free(exact);
	free(data);
	fclose(file);
	return failed;
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	if (!dir) {
		fprintf(stderr, "usage: %s CORPUS_DIRECTORY\n", argv[0]);
		return 1;
	}
	unsigned count = 0;
	int failed = 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		failed |= run_file(argv[1], entry->d_name);
		count++;
	}
	closedir(dir);
	printf("%u inputs of %s\n", count, argv[1]);
	return failed || count == 0;
}
