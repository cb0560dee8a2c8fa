/* SPDX-License-Identifier: MIT */
/* claudefs-secret-service look|read|write SERVICE: one item of the Secret Service, found by its
 * attribute "service". `read` prints the secret, `write` replaces it (from stdin) and keeps label,
 * attributes and account; neither unlocks anything, since that asks a person. The only place that
 * knows libsecret. Not for people: claudefs-run bounds its time and reads its exit code. */
#include <libsecret/secret.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fs/base/fd.h"
#include "fs/base/secret.h"
#include "launcher/secret_service_codes.h"

/* The item (ret_: g_object_unref), or NULL and why. */
static SecretItem *find_item(const char *service_name, gboolean has_secret, int *ret_code)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(SecretService)
		service = secret_service_get_sync(SECRET_SERVICE_NONE, NULL, &error);
	g_autoptr(GHashTable) attributes = g_hash_table_new(g_str_hash, g_str_equal);
	GList *items;
	SecretItem *item = NULL;

	*ret_code = SECRET_SERVICE_UNAVAILABLE;
	if (!service)
		return NULL;
	(void)g_hash_table_insert(attributes, (gpointer)(gsize) "service",
				  (gpointer)(gsize)service_name);
	items = secret_service_search_sync(
		service, NULL, attributes,
		has_secret ? SECRET_SEARCH_LOAD_SECRETS : SECRET_SEARCH_NONE, NULL, &error);
	if (error) {
		if (error->domain != G_DBUS_ERROR)
			*ret_code = SECRET_SERVICE_FAILED;
		return NULL;
	}
	*ret_code = SECRET_SERVICE_ABSENT;
	/* The newest first. */
	if (items)
		item = SECRET_ITEM(g_object_ref(items->data));
	g_list_free_full(items, g_object_unref);
	if (item && secret_item_get_locked(item)) {
		*ret_code = SECRET_SERVICE_LOCKED;
		g_object_unref(item);
		return NULL;
	}
	return item;
}

static int look(const char *service_name)
{
	int code;
	g_autoptr(SecretItem) item = find_item(service_name, FALSE, &code);

	return item ? 0 : code;
}

static int read_item(const char *service_name)
{
	int code;
	g_autoptr(SecretItem) item = find_item(service_name, TRUE, &code);
	SecretValue *value = item ? secret_item_get_secret(item) : NULL;
	const char *secret;
	gsize len = 0;

	if (!value)
		return item ? SECRET_SERVICE_LOCKED : code;
	/* In libsecret's own locked memory, which it wipes. */
	secret = secret_value_get(value, &len);
	code = len <= SECRET_MAX && fd_write_all(STDOUT_FILENO, secret, len) == 0
		       ? 0
		       : SECRET_SERVICE_FAILED;
	secret_value_unref(value);
	return code;
}

static int write_item(const char *service_name)
{
	int code;
	g_autoptr(GError) error = NULL;
	g_autoptr(SecretItem) item = find_item(service_name, FALSE, &code);
	struct secret *text = NULL;
	SecretValue *value;

	if (!item)
		return code;
	if (secret_read(STDIN_FILENO, &text) < 0)
		return SECRET_SERVICE_FAILED;
	value = secret_value_new(text->data, (gssize)text->len, "text/plain");
	secret_free(text);
	(void)secret_item_set_secret_sync(item, value, NULL, &error);
	secret_value_unref(value);
	return error ? SECRET_SERVICE_FAILED : 0;
}

int main(int argc, char **argv)
{
	static const struct rlimit none = { 0, 0 };

	if (argc != 3)
		return SECRET_SERVICE_FAILED;
	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef CLAUDEFS_SANITIZED
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	if (strcmp(argv[1], "look") == 0)
		return look(argv[2]);
	if (strcmp(argv[1], "read") == 0)
		return read_item(argv[2]);
	return strcmp(argv[1], "write") == 0 ? write_item(argv[2]) : SECRET_SERVICE_FAILED;
}
