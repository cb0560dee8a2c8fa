/* SPDX-License-Identifier: MIT */
#include "launcher/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/hash.h"
#include "fs/base/message.h"
#include "launcher/find_program.h"
#include "launcher/image_build.h"

#define LABEL_FORMAT                                                               \
	"{{index .Config.Labels \"io.claudefs.version\"}} {{index .Config.Labels " \
	"\"io.claudefs.stamp\"}} {{index .Config.Labels \"io.claudefs.claude\"}}"

void image_done(struct image *image)
{
	free(image->name);
	free(image->stamp);
	*image = (struct image){ 0 };
}

static int add_file(struct hash_stream *stream, const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t n = fd < 0 ? -errno : hash_stream_update_fd(stream, fd, 0, -1);

	if (n < 0)
		message_error("%s: %s", path, strerror((int)-n));
	return n < 0 ? (int)n : 0;
}

static void add_word(struct hash_stream *stream, const char *word)
{
	hash_stream_update(stream, word, strlen(word) + 1);
}

int image_describe(const struct options *options, struct image *ret)
{
	cleanup_hash_stream struct hash_stream *stream = hash_stream_new();
	struct image_source source = { 0 };
	struct hash digest;
	char hex[HASH_HEX_SIZE];
	int r = stream ? image_source_find(&source) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < IMAGE_SOURCE_COUNT; i++)
		r = add_file(stream, source.paths[i]);
	image_source_done(&source);
	if (r < 0)
		return EXIT_RUN_FAILED;
	add_word(stream, options->image_root ? options->image_root : "");
	add_word(stream, options->claude_version ? options->claude_version : "");
	digest = hash_stream_digest(stream);
	hash_to_hex(&digest, hex);
	ret->name = strdup(options->image ? options->image : IMAGE_NAME);
	ret->stamp = strdup(hex);
	if (ret->name && ret->stamp)
		return 0;
	message_error("%s", strerror(ENOMEM));
	return EXIT_RUN_FAILED;
}

int image_look_begin(const struct engine *engine, const struct image *image,
		     struct engine_call *ret)
{
	const char *const words[] = { "image",      "inspect",   "--format",
				      LABEL_FORMAT, image->name, NULL };

	return engine_ask_begin(engine, words, ret);
}

enum image_state image_look_end(const struct engine *engine, const struct image *image,
				struct engine_call *call, struct engine_answer *answer)
{
	cleanup_free char *wanted = NULL;
	int r = engine_ask_end(call, answer);

	if (r < 0) {
		message_error("%s: %s", engine->kind->name,
			      r == -ETIMEDOUT ? "the engine does not answer" : strerror(-r));
		return IMAGE_ERROR;
	}
	if (answer->code != 0)
		return engine_is_absent(answer) ? IMAGE_NO_ENGINE : IMAGE_ABSENT;
	if (asprintf(&wanted, "%s %s ", CLAUDEFS_VERSION, image->stamp) < 0)
		return IMAGE_ERROR;
	return strncmp(answer->out, wanted, strlen(wanted)) == 0 ? IMAGE_CURRENT : IMAGE_OTHER;
}

int image_ensure(const struct engine *engine, const struct options *options,
		 const struct image *image, struct engine_call *call)
{
	cleanup_engine_answer struct engine_answer answer = { 0 };
	enum image_state state = image_look_end(engine, image, call, &answer);

	switch (state) {
	case IMAGE_ERROR: return EXIT_RUN_FAILED;
	case IMAGE_NO_ENGINE:
		message_error("%s: no engine answers: start it, or use --runtime native: %s",
			      engine->kind->name, engine_complaint(&answer));
		return EXIT_RUN_FAILED;
	case IMAGE_CURRENT:
		if (options->is_rebuild)
			message_info("image %s: is up to date", image->name);
		return 0;
	case IMAGE_ABSENT:
	case IMAGE_OTHER: break;
	}
	if (options->image) {
		message_error("--image %s: %s; leave --image out to have the right one built",
			      image->name,
			      state == IMAGE_ABSENT ? "the engine has no such image"
						    : "was made by another claudefs");
		return EXIT_RUN_FAILED;
	}
	return image_build(engine, options, image);
}
