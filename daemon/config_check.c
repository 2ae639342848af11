/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/config_check.h"

#include <sys/stat.h>
#include <unistd.h>

#include "daemon/http.h"
#include "daemon/kafka_conf.h"
#include "daemon/trigger.h"
#include "schemas/error.h"
#include "schemas/export_format.h"
#include "store/word_files.h"

static void add(const struct rph_config *config, struct rph_config_problems *problems,
		enum rph_config_key key, const char *sentence, const char *remedy)
{
	rph_config_problem_add(problems, config->places[key], rph_config_facts[key].path, sentence,
			       remedy);
}

/* "" is fine: it is not used. */
static bool is_absolute(const char *path)
{
	return !*path || *path == '/';
}

static bool is_directory(const char *path)
{
	struct stat found;
	return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

static void check_words(const struct rph_config *config, struct rph_config_problems *problems)
{
	enum rph_log_level level;
	enum rph_log_form form;
	if (!rph_log_level_parse(config->log.level, &level))
		add(config, problems, RPH_CONFIG_KEY_log_level, "is not a level",
		    "error, warning, notice, info or debug");
	if (!rph_log_form_parse(config->log.format, STDERR_FILENO, NULL, &form))
		add(config, problems, RPH_CONFIG_KEY_log_format, "is not a format",
		    "auto, json, journal or text");
	if (*config->http.listen && !rph_http_listen_is_valid(config->http.listen))
		add(config, problems, RPH_CONFIG_KEY_http_listen, "is not address:port",
		    "for example 127.0.0.1:8080, [::1]:8080; \"\" for no HTTP");
	if (config->http.administration && !rph_http_listen_is_loopback(config->http.listen))
		add(config, problems, RPH_CONFIG_KEY_http_administration,
		    "is only for http.listen on a loopback address",
		    "listen on 127.0.0.1, or use the commands 'review' and 'forget'");
	for (size_t i = 0; i < config->export.formats.count; i++)
		if (!rph_format_is_known(rph_span_of(config->export.formats.items[i])))
			add(config, problems, RPH_CONFIG_KEY_export_formats,
			    "names a format that there is not", "there are " RPH_FORMAT_NAMES);
}

static void check_triggers(const struct rph_config *config, const char *credentials,
			   struct rph_config_problems *problems)
{
	char token[PATH_MAX];
	const char *url = config->trigger.webhook_url;
	const char *spool = config->trigger.spool_dir;
	const struct rph_config_list *program = &config->trigger.command;
	if (*spool && (!is_absolute(spool) || !is_directory(spool)))
		add(config, problems, RPH_CONFIG_KEY_trigger_spool_dir,
		    "is not the absolute path of a directory", "make the directory");
	if (*url && strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		add(config, problems, RPH_CONFIG_KEY_trigger_webhook_url,
		    "is not an http or https address", NULL);
	/* Only the service itself sees its credentials. */
	if (*config->trigger.webhook_token_file &&
	    (credentials || strchr(config->trigger.webhook_token_file, '/')) &&
	    (!rph_trigger_token_path(config->trigger.webhook_token_file, credentials, token) ||
	     access(token, R_OK) != 0))
		add(config, problems, RPH_CONFIG_KEY_trigger_webhook_token_file, "cannot be read",
		    "check the path and its permissions");
	if (program->count && (program->items[0][0] != '/' || access(program->items[0], X_OK) != 0))
		add(config, problems, RPH_CONFIG_KEY_trigger_command,
		    "does not begin with the absolute path of a program",
		    "check the path and its permissions");
}

static void check_topics(const struct rph_config *config, struct rph_config_problems *problems)
{
	const char *letters = config->dead_letters.topic;
	for (size_t i = 0; i < config->kafka.topics.count; i++) {
		const char *topic = config->kafka.topics.items[i];
		if (*letters && strcmp(letters, topic) == 0)
			add(config, problems, RPH_CONFIG_KEY_dead_letters_topic,
			    "is one of kafka.topics: a dead letter would come back for ever",
			    "name another topic");
		for (size_t j = 0; j < i; j++)
			if (strcmp(topic, config->kafka.topics.items[j]) == 0)
				add(config, problems, RPH_CONFIG_KEY_kafka_topics,
				    "names a topic twice", NULL);
	}
}

/* The fault names file and line by itself. */
static void check_word_files(const struct rph_config *config, struct rph_config_problems *problems)
{
	RPH_BUFFER_CLEANUP struct rph_buffer problem = {0};
	struct rph_word_files files;
	if (!*config->export.words_dir)
		return;
	int err = rph_word_files_load(config->export.words_dir, &files, &problem);
	rph_word_files_free(&files);
	if (!err)
		return;
	if (problem.len) /* without the newline */
		problem.text[problem.len - 1] = '\0';
	add(config, problems, RPH_CONFIG_KEY_export_words_dir,
	    problem.len ? problem.text : rph_strerror(err), NULL);
}

void rph_config_check_service(const struct rph_config *config, const char *credentials,
			      bool service, struct rph_config_problems *problems)
{
	check_words(config, problems);
	check_triggers(config, credentials, problems);
	check_topics(config, problems);
	check_word_files(config, problems);
	if (service && !config->kafka.brokers.count)
		add(config, problems, RPH_CONFIG_KEY_kafka_brokers, "names no broker",
		    "add host:port");
	if (service && !config->kafka.topics.count)
		add(config, problems, RPH_CONFIG_KEY_kafka_topics, "names no topic to read",
		    "add one");
	if (problems->count == 0)
		rph_kafka_conf_check(config, credentials, problems);
}
