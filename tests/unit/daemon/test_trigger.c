/* SPDX-License-Identifier: Apache-2.0 */
#include "spin.h"

#include "export_place.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "daemon/trigger.h"

struct desk {
	struct export_place *place;
	uv_loop_t loop;
	struct rph_metrics *metrics;
	struct rph_log *log;
	FILE *paper;
	struct rph_config *config;
	struct rph_triggers *triggers;
	bool is_stopped;
	atomic_int sent, fail_sends;
};

static int open_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	assert_non_null(desk);
	assert_int_equal(make_export_place((void **)&desk->place), 0);
	assert_int_equal(uv_loop_init(&desk->loop), 0);
	assert_int_equal(rph_metrics_new(&desk->metrics), 0);
	desk->paper = tmpfile();
	assert_non_null(desk->paper);
	const struct rph_log_options options = {fileno(desk->paper), RPH_LOG_FORM_JSON,
						RPH_LOG_LEVEL_DEBUG, NULL};
	assert_int_equal(rph_log_new(&options, &desk->log), 0);
	*state = desk;
	return 0;
}

static void note_stopped(void *context)
{
	((struct desk *)context)->is_stopped = true;
}

static void stop(struct desk *desk)
{
	if (!desk->triggers)
		return;
	desk->is_stopped = false;
	rph_triggers_stop(desk->triggers, note_stopped, desk);
	SPIN_UNTIL(&desk->loop, desk->is_stopped);
	desk->triggers = rph_triggers_free(desk->triggers);
}

static int close_desk(void **state)
{
	struct desk *desk = *state;
	stop(desk);
	uv_run(&desk->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&desk->loop), 0);
	rph_config_free(desk->config);
	rph_log_free(desk->log);
	rph_metrics_free(desk->metrics);
	fclose(desk->paper);
	assert_int_equal(remove_export_place((void **)&desk->place), 0);
	free(desk);
	return 0;
}

static int send_event(void *context, const struct rph_cloud_event *event,
		      char sentence[static RPH_TRIGGER_SENTENCE])
{
	struct desk *desk = context;
	assert_int_equal(strncmp(event->id, "2026-W", 6), 0);
	if (atomic_fetch_sub(&desk->fail_sends, 1) > 0) {
		snprintf(sentence, RPH_TRIGGER_SENTENCE, "no broker");
		return RPH_E_IO;
	}
	atomic_fetch_add(&desk->sent, 1);
	return 0;
}

/* `yaml`: the keys of section trigger. */
static void start(struct desk *desk, const char *yaml)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	struct rph_config_problems problems = {.count = 0};
	rph_config_free(desk->config);
	rph_buffer_format(&text, "trigger:\n%s", yaml);
	assert_int_equal(rph_config_parse(rph_buffer_span(&text), &desk->config, &problems), 0);
	rph_config_problems_free(&problems);
	const struct rph_triggers_options options = {
		.loop = &desk->loop,
		.config = desk->config,
		.ledger = desk->place->ledger,
		.metrics = desk->metrics,
		.log = desk->log,
		.first_wait_ms = 5,
		.send = send_event,
		.context = desk,
	};
	assert_int_equal(rph_triggers_start(&options, &desk->triggers), 0);
}

static uint64_t metric(const struct desk *desk, enum rph_metric which)
{
	return rph_metrics_get(desk->metrics, which);
}

static bool file_says(const char *path, const char *part)
{
	char text[8192];
	FILE *file = fopen(path, "r");
	if (!file)
		return false;
	size_t len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return strstr(text, part) != NULL;
}

/* ---- spool ---------------------------------------------------------------------------------- */

static void each_export_leaves_one_marker_in_the_spool(void **state)
{
	struct desk *desk = *state;
	char yaml[200], path[200], line[300];
	snprintf(yaml, sizeof(yaml), "  spool_dir: %s\n", desk->place->place->dir);
	start(desk, yaml);
	add_export(desk->place, EXPORT_WEEK, "aa", rph_triggers_sinks(desk->config));
	add_export(desk->place, EXPORT_WEEK + 1, "bb", rph_triggers_sinks(desk->config));
	rph_triggers_wake(desk->triggers);
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_done_spool) == 2);
	snprintf(path, sizeof(path), "%s/ready/2026-W48-bb.json", desk->place->place->dir);
	assert_true(file_says(path, "\"dataset_id\":\"2026-W48\""));
	struct stat found;
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0640);
	snprintf(line, sizeof(line), "test $(ls -A '%s/ready' | wc -l) = 2",
		 desk->place->place->dir);
	assert_int_equal(system(line), 0);
	assert_int_equal(metric(desk, RPH_METRIC_trigger_pending_spool), 0);
}

static void a_spool_that_cannot_be_written_is_tried_again_until_it_can(void **state)
{
	struct desk *desk = *state;
	char yaml[200];
	snprintf(yaml, sizeof(yaml), "  spool_dir: %s\n", desk->place->place->other);
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_spool);
	start(desk, yaml);
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_failed_spool) >= 3);
	assert_int_equal(metric(desk, RPH_METRIC_trigger_pending_spool), 1);
	assert_int_equal(mkdir(desk->place->place->other, 0700), 0);
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_done_spool) == 1);
	assert_int_equal(metric(desk, RPH_METRIC_trigger_pending_spool), 0);
}

/* ---- topic ---------------------------------------------------------------------------------- */

static void what_a_process_left_undone_the_next_one_does_and_no_more(void **state)
{
	struct desk *desk = *state;
	atomic_store(&desk->fail_sends, 1000000);
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_topic);
	start(desk, "  topic: exports\n");
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_failed_topic) >= 2);
	stop(desk);
	atomic_store(&desk->fail_sends, 0);
	start(desk, "  topic: exports\n");
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_done_topic) == 1);
	stop(desk);
	start(desk, "  topic: exports\n");
	rph_triggers_wake(desk->triggers);
	for (int i = 0; i < 50; i++) {
		uv_run(&desk->loop, UV_RUN_NOWAIT);
		rest(1);
	}
	assert_int_equal(atomic_load(&desk->sent), 1);
}

static void a_sink_that_the_configuration_lost_is_neither_told_nor_forgotten(void **state)
{
	struct desk *desk = *state;
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_topic | 1 << RPH_SINK_command);
	start(desk, "  topic: exports\n");
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_done_topic) == 1);
	stop(desk);
	start(desk, "  command: [/bin/true]\n");
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_done_command) == 1);
}

/* ---- command -------------------------------------------------------------------------------- */

static void write_script(struct desk *desk, const char *text, char yaml[static 300])
{
	char path[100];
	snprintf(path, sizeof(path), "%s/hook", desk->place->place->dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	assert_true(fd >= 0);
	assert_int_equal(dprintf(fd, "#!/bin/sh\nd='%s'\n%s\n", desk->place->place->dir, text),
			 13 + strlen(desk->place->place->dir) + 2 + strlen(text) + 1);
	close(fd);
	snprintf(yaml, 300, "  command: [%s, \"a b\", \"$x\"]\n", path);
}

static void a_command_gets_its_arguments_unchanged_and_a_clean_environment(void **state)
{
	struct desk *desk = *state;
	char yaml[300], path[120], line[200];
	setenv("REPHRASED_TEST_PASSWORD", "hidden", 1);
	write_script(desk,
		     "(echo \"[$1][$2][$3]\"; env; pwd; ls /proc/self/fd) > \"$d/seen\"\n"
		     "echo said; echo complained >&2",
		     yaml);
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_command);
	start(desk, yaml);
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_done_command) == 1);
	snprintf(path, sizeof(path), "%s/seen", desk->place->place->dir);
	snprintf(line, sizeof(line), "[a b][$x][%s/2026-W47]", desk->place->place->dir);
	assert_true(file_says(path, line));
	assert_true(file_says(path, "REPHRASED_EXPORT_ID=2026-W47-aa\n"));
	assert_true(file_says(path, "REPHRASED_EXPORT_WEEK=2026-W47\n"));
	assert_true(file_says(path, "\n/\n"));
	assert_false(file_says(path, "hidden"));
	snprintf(path, sizeof(path), "%s/2026-W47-aa.output", rph_ledger_dir(desk->place->ledger));
	assert_true(file_says(path, "said\n"));
	assert_true(file_says(path, "complained\n"));
}

static void a_command_that_fails_is_run_again_until_it_succeeds(void **state)
{
	struct desk *desk = *state;
	char yaml[300];
	write_script(desk, "echo x >> \"$d/runs\"; test $(wc -l < \"$d/runs\") -ge 3", yaml);
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_command);
	start(desk, yaml);
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_done_command) == 1);
	assert_int_equal(metric(desk, RPH_METRIC_trigger_failed_command), 2);
}

static long read_pid(struct desk *desk)
{
	char path[120];
	long pid = 0;
	snprintf(path, sizeof(path), "%s/pid", desk->place->place->dir);
	FILE *file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%ld", &pid) != 1)
		pid = 0;
	fclose(file);
	return pid;
}

/* Gone, or a corpse that nobody in this container buries. */
static bool is_dead(long pid)
{
	char path[64], state = 'Z';
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return true;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	fclose(file);
	return state == 'Z' || state == 'X';
}

static void a_command_that_hangs_is_killed_with_its_children_after_the_time_limit(void **state)
{
	struct desk *desk = *state;
	char yaml[400];
	write_script(desk, "sleep 600 & echo $! > \"$d/pid\"; wait", yaml);
	strcat(yaml, "  command_timeout: 1s\n");
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_command);
	start(desk, yaml);
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_failed_command) == 1);
	SPIN_UNTIL(&desk->loop, is_dead(read_pid(desk)));
}

static void what_a_finished_command_leaves_running_is_killed(void **state)
{
	struct desk *desk = *state;
	char yaml[300];
	write_script(desk, "sleep 600 & echo $! > \"$d/pid\"", yaml);
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_command);
	start(desk, yaml);
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_done_command) == 1);
	SPIN_UNTIL(&desk->loop, is_dead(read_pid(desk)));
}

static void a_stop_does_not_wait_for_a_hanging_command(void **state)
{
	struct desk *desk = *state;
	char yaml[300];
	write_script(desk, "echo $$ > \"$d/pid\"; sleep 600", yaml);
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_command);
	start(desk, yaml);
	SPIN_UNTIL(&desk->loop, read_pid(desk) > 0);
	int64_t from = now_ms();
	stop(desk);
	assert_true(now_ms() - from < 3000);
	assert_true(is_dead(read_pid(desk)));
}

static void a_command_that_is_missing_or_cannot_be_run_is_a_failure_like_others(void **state)
{
	struct desk *desk = *state;
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_command);
	start(desk, "  command: [/nowhere/at/all]\n");
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_failed_command) >= 2);
	stop(desk);
	start(desk, "  command: [/etc/passwd]\n");
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_failed_command) >= 4);
	assert_int_equal(metric(desk, RPH_METRIC_trigger_done_command), 0);
}

static void a_command_may_write_as_much_as_it_likes(void **state)
{
	struct desk *desk = *state;
	char yaml[300], path[160];
	write_script(desk, "head -c 20000000 /dev/zero; echo; echo the end", yaml);
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_command);
	start(desk, yaml);
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_done_command) == 1);
	struct stat found;
	snprintf(path, sizeof(path), "%s/2026-W47-aa.output", rph_ledger_dir(desk->place->ledger));
	assert_int_equal(stat(path, &found), 0);
	assert_true(found.st_size <= 4096);
}

/* ---- webhook -------------------------------------------------------------------------------- */

/* A receiver that answers one connection after the other with the next of its answers. */
struct receiver {
	int fd;
	uint16_t port;
	pthread_t thread;
	const char *const *answers; /* NULL at the end; "" hangs */
	char request[8192];         /* the last one */
	atomic_int count;
};

static void *receive(void *context)
{
	struct receiver *receiver = context;
	for (size_t i = 0; receiver->answers[i]; i++) {
		int fd = accept(receiver->fd, NULL, NULL);
		if (fd < 0)
			return NULL;
		size_t len = 0;
		ssize_t got;
		while (len < sizeof(receiver->request) - 1 &&
		       !(strstr(receiver->request, "\r\n\r\n") &&
			 strstr(receiver->request, "}}")) &&
		       (got = read(fd, receiver->request + len,
				   sizeof(receiver->request) - 1 - len)) > 0) {
			len += (size_t)got;
			receiver->request[len] = '\0';
		}
		atomic_fetch_add(&receiver->count, 1);
		if (!*receiver->answers[i])
			while (read(fd, &(char){0}, 1) > 0)
				;
		(void)!write(fd, receiver->answers[i], strlen(receiver->answers[i]));
		close(fd);
		if (receiver->answers[i + 1])
			memset(receiver->request, 0, sizeof(receiver->request));
	}
	return NULL;
}

static void start_receiver(struct receiver *receiver, const char *const *answers)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	memset(receiver, 0, sizeof(*receiver));
	receiver->answers = answers;
	receiver->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(receiver->fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(receiver->fd, 8), 0);
	assert_int_equal(getsockname(receiver->fd, (struct sockaddr *)&address, &len), 0);
	receiver->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&receiver->thread, NULL, receive, receiver), 0);
}

static void stop_receiver(struct receiver *receiver)
{
	shutdown(receiver->fd, SHUT_RDWR);
	pthread_join(receiver->thread, NULL);
	close(receiver->fd);
}

static const char ok[] = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

static void a_webhook_is_posted_a_cloud_event_until_it_answers_with_success(void **state)
{
	struct desk *desk = *state;
	static const char *const answers[] = {
		"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n",
		"garbage\r\n\r\n", ok, NULL};
	struct receiver receiver;
	char yaml[400], token[120];
	start_receiver(&receiver, answers);
	snprintf(token, sizeof(token), "%s/token", desk->place->place->dir);
	FILE *file = fopen(token, "w");
	assert_non_null(file);
	fputs("s3cret\n", file);
	fclose(file);
	snprintf(yaml, sizeof(yaml),
		 "  webhook_url: http://127.0.0.1:%u/hook\n  webhook_token_file: %s\n",
		 receiver.port, token);
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_webhook);
	start(desk, yaml);
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_done_webhook) == 1);
	stop_receiver(&receiver);
	assert_int_equal(metric(desk, RPH_METRIC_trigger_failed_webhook), 3);
	assert_non_null(strstr(receiver.request, "POST /hook HTTP/1.1\r\n"));
	assert_non_null(strstr(receiver.request, "Content-Type: application/cloudevents+json\r\n"));
	assert_non_null(strstr(receiver.request, "Authorization: Bearer s3cret\r\n"));
	assert_non_null(strstr(receiver.request, "\"id\":\"2026-W47-aa\""));
	/* The secret is nowhere in the log. */
	char log[8192];
	rewind(desk->paper);
	size_t len = fread(log, 1, sizeof(log) - 1, desk->paper);
	log[len] = '\0';
	assert_non_null(strstr(log, "status 503"));
	assert_null(strstr(log, "s3cret"));
}

static void a_webhook_that_hangs_is_given_up_and_holds_up_nobody(void **state)
{
	struct desk *desk = *state;
	static const char *const answers[] = {"", ok, NULL};
	struct receiver receiver;
	char yaml[300];
	start_receiver(&receiver, answers);
	snprintf(yaml, sizeof(yaml),
		 "  webhook_url: http://127.0.0.1:%u/\n  webhook_timeout: 1s\n  topic: exports\n",
		 receiver.port);
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_webhook | 1 << RPH_SINK_topic);
	start(desk, yaml);
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_done_topic) == 1);
	assert_int_equal(metric(desk, RPH_METRIC_trigger_done_webhook), 0);
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_done_webhook) == 1);
	assert_int_equal(metric(desk, RPH_METRIC_trigger_failed_webhook), 1);
	stop_receiver(&receiver);
}

static void a_stop_does_not_wait_for_a_hanging_webhook(void **state)
{
	struct desk *desk = *state;
	static const char *const answers[] = {"", NULL};
	struct receiver receiver;
	char yaml[200];
	start_receiver(&receiver, answers);
	snprintf(yaml, sizeof(yaml), "  webhook_url: http://127.0.0.1:%u/\n  webhook_timeout: 5m\n",
		 receiver.port);
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_webhook);
	start(desk, yaml);
	SPIN_UNTIL(&desk->loop, atomic_load(&receiver.count) == 1);
	int64_t from = now_ms();
	stop(desk);
	assert_true(now_ms() - from < 4000);
	stop_receiver(&receiver);
}

static void a_token_that_would_be_a_further_header_is_refused(void **state)
{
	struct desk *desk = *state;
	char yaml[300], token[120];
	snprintf(token, sizeof(token), "%s/token", desk->place->place->dir);
	FILE *file = fopen(token, "w");
	assert_non_null(file);
	fputs("a\r\nX-Evil: 1", file);
	fclose(file);
	snprintf(yaml, sizeof(yaml),
		 "  webhook_url: http://127.0.0.1:9/\n  webhook_token_file: %s\n", token);
	add_export(desk->place, EXPORT_WEEK, "aa", 1 << RPH_SINK_webhook);
	start(desk, yaml);
	SPIN_UNTIL(&desk->loop, metric(desk, RPH_METRIC_trigger_failed_webhook) >= 1);
	char log[4096];
	rewind(desk->paper);
	size_t len = fread(log, 1, sizeof(log) - 1, desk->paper);
	log[len] = '\0';
	assert_non_null(strstr(log, "/token"));
	assert_null(strstr(log, "X-Evil"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_export_leaves_one_marker_in_the_spool),
		TEST(a_spool_that_cannot_be_written_is_tried_again_until_it_can),
		TEST(what_a_process_left_undone_the_next_one_does_and_no_more),
		TEST(a_sink_that_the_configuration_lost_is_neither_told_nor_forgotten),
		TEST(a_command_gets_its_arguments_unchanged_and_a_clean_environment),
		TEST(a_command_that_fails_is_run_again_until_it_succeeds),
		TEST(a_command_that_hangs_is_killed_with_its_children_after_the_time_limit),
		TEST(what_a_finished_command_leaves_running_is_killed),
		TEST(a_stop_does_not_wait_for_a_hanging_command),
		TEST(a_command_that_is_missing_or_cannot_be_run_is_a_failure_like_others),
		TEST(a_command_may_write_as_much_as_it_likes),
		TEST(a_webhook_is_posted_a_cloud_event_until_it_answers_with_success),
		TEST(a_webhook_that_hangs_is_given_up_and_holds_up_nobody),
		TEST(a_stop_does_not_wait_for_a_hanging_webhook),
		TEST(a_token_that_would_be_a_further_header_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
