/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "schemas/error.h"
#include "schemas/utf8.h"

/* Texts of one query; an utterance grows elevenfold at most. */
static const size_t ARENA_LIMIT = (size_t)64 << 20;

int rph_shell_unparsed(const struct rph_parsed *parsed)
{
	fputs(parsed->text, parsed->exit_code ? stderr : stdout);
	return parsed->exit_code;
}

/* Each line of the deployment's problem with the command's name before it. */
static void print_problem(const struct rph_shell *shell)
{
	const char *text = shell->deployment.problem.text;
	while (text && *text) {
		size_t len = strcspn(text, "\n");
		fprintf(stderr, "rephrased %s: %.*s\n", shell->name, (int)len, text);
		text += len + (text[len] == '\n');
	}
}

int rph_shell_open(struct rph_shell *shell, const char *name, const struct rph_common *common,
		   enum rph_store_mode mode)
{
	const struct rph_secret_places places = {
		.file = common->secret,
		.credentials_directory = getenv("CREDENTIALS_DIRECTORY"),
		.config_home = getenv("XDG_CONFIG_HOME"),
		.home = getenv("HOME"),
		.must_exist = true,
	};
	*shell = (struct rph_shell){.name = name, .store_dir = common->store};
	rph_arena_init(&shell->arena, ARENA_LIMIT);
	int err = rph_deployment_open(common->config, &places, &shell->deployment);
	if (!err)
		err = rph_deployment_store(&shell->deployment, common->store, mode);
	if (err)
		print_problem(shell);
	return rph_exit_code(err);
}

void rph_shell_hint_busy(const char *name, int exit_code)
{
	if (exit_code == rph_exit_code(RPH_E_STORE_BUSY))
		fprintf(stderr,
			"rephrased %s: a service that has http.administration: true in its "
			"configuration does it itself, for this command too\n",
			name);
}

void rph_shell_close(struct rph_shell *shell)
{
	rph_deployment_close(&shell->deployment);
	shell->normaliser = rph_normaliser_free(shell->normaliser);
	rph_arena_free(&shell->arena);
}

int rph_shell_fail(const struct rph_shell *shell, const char *what, int error)
{
	fprintf(stderr, "rephrased %s: %s: %s\n", shell->name, what, rph_strerror(error));
	return rph_exit_code(error);
}

int rph_shell_refuse(const char *name, int error, const char *sentence, ...)
{
	va_list arguments;
	fprintf(stderr, "rephrased %s: ", name);
	va_start(arguments, sentence);
	vfprintf(stderr, sentence, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return rph_exit_code(error);
}

int rph_shell_flush(const struct rph_shell *shell, struct rph_buffer *text)
{
	int err = text->error;
	if (!err && text->len && fwrite(text->text, 1, text->len, stdout) != text->len)
		err = errno ? -errno : RPH_E_IO;
	rph_buffer_free(text);
	return err ? rph_shell_fail(shell, "standard output", err) : 0;
}

int rph_shell_formulation(struct rph_shell *shell, struct rph_span locale,
			  struct rph_span utterance, struct rph_shell_formulation *ret)
{
	struct rph_span text;
	int err = shell->normaliser ? 0 : rph_normaliser_new(&shell->normaliser);
	if (!err)
		err = rph_normalise(shell->normaliser, locale, utterance, &shell->arena, &text);
	/* An id is made of at most 64 KiB; no accepted event is as long. */
	if (!err && text.len + locale.len >= UINT16_MAX)
		err = RPH_E_BAD_INPUT;
	if (err)
		return err;
	*ret = (struct rph_shell_formulation){
		.locale = locale,
		.text = text,
		.id = rph_formulation_id(&shell->deployment.keys, locale, text),
	};
	return 0;
}

int rph_shell_locale(const struct rph_shell *shell, const char *text,
		     char tag[static RPH_LOCALE_MAX], struct rph_span *ret)
{
	struct rph_span given = rph_span_of(text);
	if (given.len > RPH_LOCALE_MAX || !rph_locale_canonical(given, tag))
		return rph_shell_refuse(
			shell->name, RPH_E_USAGE,
			"--locale %s: not a language tag; write it as in the log, for "
			"example de-DE",
			text);
	*ret = (struct rph_span){tag, given.len};
	return 0;
}

int rph_shell_last_week(struct rph_shell *shell, rph_week *ret)
{
	struct rph_store_info info;
	int err = rph_store_info(shell->deployment.store, &info);
	if (err)
		return err;
	if (info.first_week > info.last_week)
		return RPH_E_NOT_FOUND;
	*ret = info.last_week;
	return 0;
}

static bool is_obeyed(uint32_t code)
{
	bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
	bool direction = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
			 code == 0x200E || code == 0x200F || code == 0x061C;
	return control || direction || code == 0x2028 || code == 0x2029;
}

void rph_shell_add_text(struct rph_buffer *buffer, struct rph_span text)
{
	static const char replacement[] = "\xEF\xBF\xBD";
	for (size_t at = 0; at < text.len;) {
		uint32_t code = 0;
		size_t len = rph_utf8_character(text.ptr + at, text.len - at, &code);
		if (!len || is_obeyed(code))
			rph_buffer_add_text(buffer, replacement);
		else
			rph_buffer_add(buffer, (struct rph_span){text.ptr + at, len});
		at += len ? len : 1;
	}
}

void rph_shell_add_probability(struct rph_buffer *buffer, uint16_t p)
{
	unsigned hundredths = (unsigned)p * 100 / 256;
	rph_buffer_format(buffer, "%u.%02u", hundredths / 100, hundredths % 100);
}
