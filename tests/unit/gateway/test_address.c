/* SPDX-License-Identifier: MIT */
/* Where a name may lead. */
#include "tests/unit/cmocka_setup.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "init/gateway/address.h"

static enum address_kind kind_of(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return address_kind((const struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return address_kind((const struct sockaddr *)&v6);
}

static void expect_all(enum address_kind kind, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (kind_of(texts[i]) != kind)
			fail_msg("%s is of kind %d", texts[i], (int)kind_of(texts[i]));
	}
}
#define EXPECT(kind, ...)                                                     \
	do {                                                                  \
		static const char *const texts_[] = { __VA_ARGS__ };          \
		expect_all(kind, texts_, sizeof(texts_) / sizeof(texts_[0])); \
	} while (0)

static void public_addresses_pass(void **state)
{
	(void)state;
	EXPECT(ADDRESS_PUBLIC, "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255",
	       "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
	       "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
	       "198.20.0.0", "223.255.255.255", "2606:4700::1", "2a00:1450::1", "2001:4860::1",
	       "2001:200::1");
}

static void private_ones_are_known(void **state)
{
	(void)state;
	EXPECT(ADDRESS_PRIVATE, "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
	       "172.16.0.0", "172.17.0.1", "172.31.255.255", "192.168.0.0", "192.168.65.7",
	       "fc00::1", "fd12::1");
}

static void local_and_reserved_ones_never_pass(void **state)
{
	(void)state;
	EXPECT(ADDRESS_NEVER, "0.0.0.0", "0.250.250.254", "127.0.0.1", "127.255.255.255",
	       "169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.1",
	       "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255",
	       "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
	       "::", "::1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::8.8.8.8", "64:ff9b::7f00:1",
	       "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:10::1", "2001:20::1",
	       "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "4000::1", "fe80::1",
	       "fec0::1", "ff02::1");
}

static void other_families_never_pass(void **state)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };

	(void)state;
	assert_int_equal(address_kind((const struct sockaddr *)&local), ADDRESS_NEVER);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(public_addresses_pass),
		cmocka_unit_test(private_ones_are_known),
		cmocka_unit_test(local_and_reserved_ones_never_pass),
		cmocka_unit_test(other_families_never_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
