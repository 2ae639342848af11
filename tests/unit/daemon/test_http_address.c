/* SPDX-License-Identifier: Apache-2.0 */
#include "../store/fixture.h"

#include "daemon/http_address.h"

static void addresses_are_taken_and_names_are_not(void **state)
{
	static const struct {
		const char *text;
		bool is_valid, is_loopback;
	} cases[] = {
		{"127.0.0.1:8080", true, true},
		{"127.9.9.9:1", true, true},
		{"localhost:0", true, true},
		{"[::1]:65535", true, true},
		{"*:80", true, false},
		{"0.0.0.0:80", true, false},
		{"192.168.0.7:80", true, false},
		{"[::]:80", true, false},
		{"[fe80::1]:80", true, false},
		{"", false, false},
		{"127.0.0.1", false, false},
		{":8080", false, false},
		{"127.0.0.1:", false, false},
		{"127.0.0.1:65536", false, false},
		{"127.0.0.1:-1", false, false},
		{"127.0.0.1:80x", false, false},
		{"127.0.0.1:000080", false, false},
		{"example.org:80", false, false},
		{"::1:80", false, false},
		{"[::1:80", false, false},
		{"[::1]80", false, false},
		{"[127.0.0.1]:80", false, false},
		{"1.2.3:80", false, false},
		{"127.0.0.1:80:80", false, false},
	};
	(void)state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		struct rph_address address;
		bool is_valid = rph_address_parse(cases[i].text, &address);
		if (is_valid != cases[i].is_valid ||
		    (is_valid && address.is_loopback != cases[i].is_loopback))
			fail_msg("%s", cases[i].text);
	}
}

static void only_addresses_and_localhost_are_plain_hosts(void **state)
{
	static const char *const plain[] = {
		NULL,        "",           "localhost", "LocalHost:8080",
		"127.0.0.1", "10.0.0.1:1", "[::1]",     "[::1]:8080"};
	static const char *const others[] = {"example.org",
					     "localhost.example.org:80",
					     "127.0.0.1.example.org",
					     "::1",
					     "[localhost]",
					     "127.0.0.1 x",
					     "[::1"};
	(void)state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(plain); i++)
		assert_true(rph_address_is_plain_host(plain[i]));
	for (size_t i = 0; i < RPH_ARRAY_LEN(others); i++)
		if (rph_address_is_plain_host(others[i]))
			fail_msg("%s", others[i]);
}

static void a_second_listener_on_a_port_is_refused(void **state)
{
	struct rph_address address;
	uint16_t port = 0, other = 0;
	char text[32];
	int fd = -1, second = -1;
	(void)state;
	assert_true(rph_address_parse("127.0.0.1:0", &address));
	assert_int_equal(rph_address_listen(&address, &fd, &port), 0);
	assert_int_not_equal(port, 0);
	snprintf(text, sizeof(text), "127.0.0.1:%u", port);
	assert_true(rph_address_parse(text, &address));
	assert_true(rph_address_listen(&address, &second, &other) < 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_taken_and_names_are_not),
		cmocka_unit_test(only_addresses_and_localhost_are_plain_hosts),
		cmocka_unit_test(a_second_listener_on_a_port_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
