/* SPDX-License-Identifier: Apache-2.0 */
#include "../store/fixture.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/watchdog.h"

/* What systemd would have received. */
struct manager {
	int fd;
	char name[80]; /* as in $NOTIFY_SOCKET */
};

static struct manager listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct manager manager = {socket(AF_UNIX, SOCK_DGRAM, 0), ""};
	assert_true(manager.fd >= 0);
	snprintf(manager.name, sizeof(manager.name), "%s", name);
	memcpy(address.sun_path, name, strlen(name));
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	assert_int_equal(bind(manager.fd, (struct sockaddr *)&address, len), 0);
	return manager;
}

static const char *heard(const struct manager *manager)
{
	static char text[1024];
	ssize_t len = recv(manager->fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	text[len < 0 ? 0 : len] = '\0';
	return text;
}

static void all_is_said(const struct manager *manager)
{
	struct rph_notify notify;
	unsigned long long usec = 0;
	assert_int_equal(rph_notify_open(manager->name, &notify), 0);
	rph_notify_ready(&notify);
	assert_string_equal(heard(manager), "READY=1");
	rph_notify_reloading(&notify);
	assert_int_equal(sscanf(heard(manager), "RELOADING=1\nMONOTONIC_USEC=%llu", &usec), 1);
	assert_true(usec > 0);
	rph_notify_status(&notify, "lag %d\nREADY=1", 7);
	assert_string_equal(heard(manager), "STATUS=lag 7");
	rph_notify_extend(&notify, 1500);
	assert_string_equal(heard(manager), "EXTEND_TIMEOUT_USEC=1500000");
	rph_notify_watchdog(&notify);
	assert_string_equal(heard(manager), "WATCHDOG=1");
	rph_notify_stopping(&notify);
	assert_string_equal(heard(manager), "STOPPING=1");
	assert_string_equal(heard(manager), "");
	rph_notify_close(&notify);
}

static void every_state_is_one_datagram_to_a_socket_with_a_path(void **state)
{
	struct place *place = *state;
	char path[90];
	snprintf(path, sizeof(path), "%s/notify", place->dir);
	struct manager manager = listen_at(path);
	all_is_said(&manager);
	close(manager.fd);
}

static void every_state_is_one_datagram_to_an_abstract_socket(void **state)
{
	char name[64];
	(void)state;
	snprintf(name, sizeof(name), "@rephrased-test-%ld", (long)getpid());
	struct manager manager = listen_at(name);
	all_is_said(&manager);
	close(manager.fd);
}

static void without_a_manager_nothing_is_said_and_nothing_fails(void **state)
{
	struct rph_notify notify;
	(void)state;
	assert_int_equal(rph_notify_open(NULL, &notify), 0);
	rph_notify_ready(&notify);
	rph_notify_close(&notify);
	assert_int_equal(rph_notify_open("relative", &notify), -EINVAL);
	rph_notify_ready(&notify);
	assert_int_equal(rph_notify_open("/nobody/listens/here", &notify), -ENOENT);
	rph_notify_watchdog(&notify);
	rph_notify_close(&notify);
}

static void a_manager_that_does_not_read_stops_nobody(void **state)
{
	struct rph_notify notify;
	char name[64];
	(void)state;
	snprintf(name, sizeof(name), "@rephrased-full-%ld", (long)getpid());
	struct manager manager = listen_at(name);
	assert_int_equal(rph_notify_open(manager.name, &notify), 0);
	for (int i = 0; i < 10000; i++)
		rph_notify_status(&notify, "%0150d", i);
	rph_notify_close(&notify);
	close(manager.fd);
}

static void the_watchdog_is_pinged_as_long_as_no_job_is_overdue(void **state)
{
	struct rph_notify notify;
	struct rph_watchdog watchdog;
	char name[64], pid[32];
	(void)state;
	snprintf(name, sizeof(name), "@rephrased-dog-%ld", (long)getpid());
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	struct manager manager = listen_at(name);
	assert_int_equal(rph_notify_open(manager.name, &notify), 0);
	rph_watchdog_init(&watchdog, "60000000", pid);
	assert_int_equal(watchdog.interval_ms, 20000);
	assert_true(rph_watchdog_tick(&watchdog, 1000, &notify));
	assert_string_equal(heard(&manager), "WATCHDOG=1");
	rph_watchdog_job_begins(&watchdog, 2000, 500);
	assert_true(rph_watchdog_tick(&watchdog, 2500, &notify));
	assert_string_equal(heard(&manager), "WATCHDOG=1");
	assert_false(rph_watchdog_tick(&watchdog, 2501, &notify));
	assert_string_equal(heard(&manager), "");
	rph_watchdog_alive(&watchdog);
	assert_true(rph_watchdog_tick(&watchdog, 9000, &notify));
	assert_false(rph_watchdog_tick(&watchdog, 9501, &notify));
	rph_watchdog_job_ends(&watchdog);
	assert_true(rph_watchdog_tick(&watchdog, 20000, &notify));
	rph_notify_close(&notify);
	close(manager.fd);
}

static void a_watchdog_that_is_not_ours_is_not_pinged(void **state)
{
	struct rph_watchdog watchdog;
	(void)state;
	rph_watchdog_init(&watchdog, "60000000", "1");
	assert_int_equal(watchdog.interval_ms, 0);
	rph_watchdog_init(&watchdog, NULL, NULL);
	assert_int_equal(watchdog.interval_ms, 0);
	rph_watchdog_init(&watchdog, "nonsense", NULL);
	assert_int_equal(watchdog.interval_ms, 0);
	rph_watchdog_init(&watchdog, "3000000", NULL);
	assert_int_equal(watchdog.interval_ms, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_state_is_one_datagram_to_a_socket_with_a_path,
						make_place, remove_place),
		cmocka_unit_test(every_state_is_one_datagram_to_an_abstract_socket),
		cmocka_unit_test(without_a_manager_nothing_is_said_and_nothing_fails),
		cmocka_unit_test(a_manager_that_does_not_read_stops_nobody),
		cmocka_unit_test(the_watchdog_is_pinged_as_long_as_no_job_is_overdue),
		cmocka_unit_test(a_watchdog_that_is_not_ours_is_not_pinged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
