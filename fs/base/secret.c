/* SPDX-License-Identifier: MIT */
#include "fs/base/secret.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

#define HEADER_SIZE 8u
/* A multiple of the page size: the length and the NUL have their place beside the longest secret.
 */
#define BLOCK_SIZE  (SECRET_MAX + (4u << 10))

static const char magic[4] = { 'C', 'F', 'C', '1' };

/* explicit_bzero(3) where there is one; the barrier keeps the compiler from leaving it out. */
static void wipe(void *data, size_t len)
{
	memset(data, 0, len);
	__asm__ __volatile__("" : : "r"(data) : "memory");
}

void *secret_pages_new(size_t size)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return NULL;
#ifdef MADV_DONTDUMP
	(void)madvise(pages, size, MADV_DONTDUMP);
#endif
	return pages;
}

void secret_pages_free(void *pages, size_t size)
{
	if (!pages)
		return;
	wipe(pages, size);
	(void)munmap(pages, size);
}

int secret_new(struct secret **ret)
{
	struct secret *secret = (struct secret *)secret_pages_new(BLOCK_SIZE);

	if (!secret)
		return -ENOMEM;
	/* Best effort: a small RLIMIT_MEMLOCK must not make the session impossible. */
	(void)mlock(secret, BLOCK_SIZE);
	*ret = secret;
	return 0;
}

int secret_copy(const void *data, size_t len, struct secret **ret)
{
	int r = len > SECRET_MAX ? -EFBIG : secret_new(ret);

	if (r < 0)
		return r;
	memcpy((*ret)->data, data, len);
	(*ret)->len = len;
	secret_clear_registers();
	return 0;
}

#if defined(__x86_64__)
/* What the C library uses it may use whatever this is compiled for; what the compiler knows of is
 * named as clobbered. */
static void clear_high(void)
{
	__asm__ __volatile__("vpxorq %zmm16, %zmm16, %zmm16\n\tvpxorq %zmm17, %zmm17, %zmm17\n\t"
			     "vpxorq %zmm18, %zmm18, %zmm18\n\tvpxorq %zmm19, %zmm19, %zmm19\n\t"
			     "vpxorq %zmm20, %zmm20, %zmm20\n\tvpxorq %zmm21, %zmm21, %zmm21\n\t"
			     "vpxorq %zmm22, %zmm22, %zmm22\n\tvpxorq %zmm23, %zmm23, %zmm23\n\t"
			     "vpxorq %zmm24, %zmm24, %zmm24\n\tvpxorq %zmm25, %zmm25, %zmm25\n\t"
			     "vpxorq %zmm26, %zmm26, %zmm26\n\tvpxorq %zmm27, %zmm27, %zmm27\n\t"
			     "vpxorq %zmm28, %zmm28, %zmm28\n\tvpxorq %zmm29, %zmm29, %zmm29\n\t"
			     "vpxorq %zmm30, %zmm30, %zmm30\n\tvpxorq %zmm31, %zmm31, %zmm31");
}

#define LOW_REGISTERS                                                                            \
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
		"xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

void secret_clear_registers(void)
{
	if (__builtin_cpu_supports("avx"))
		__asm__ __volatile__("vzeroall" : : : LOW_REGISTERS);
	else
		__asm__ __volatile__("pxor %%xmm0, %%xmm0\n\tpxor %%xmm1, %%xmm1\n\t"
				     "pxor %%xmm2, %%xmm2\n\tpxor %%xmm3, %%xmm3\n\t"
				     "pxor %%xmm4, %%xmm4\n\tpxor %%xmm5, %%xmm5\n\t"
				     "pxor %%xmm6, %%xmm6\n\tpxor %%xmm7, %%xmm7"
				     :
				     :
				     : LOW_REGISTERS);
	if (__builtin_cpu_supports("avx512f"))
		clear_high();
}
#else
void secret_clear_registers(void)
{
}
#endif

void secret_free(struct secret *secret)
{
	secret_pages_free(secret, BLOCK_SIZE);
}

int secret_is_equal(const struct secret *a, const struct secret *b)
{
	unsigned char difference = 0;

	if (!a || !b)
		return a == b;
	if (a->len != b->len)
		return 0;
	for (size_t i = 0; i < a->len; i++)
		difference |= (unsigned char)(a->data[i] ^ b->data[i]);
	secret_clear_registers();
	return difference == 0;
}

/* Returns the bytes read before the end, or -errno. */
static ssize_t read_up_to(int fd, char *data, size_t len)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = read(fd, data + got, len - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

int secret_read(int fd, struct secret **ret)
{
	cleanup_secret struct secret *secret = NULL;
	int r = secret_new(&secret);
	ssize_t n;

	if (r < 0)
		return r;
	/* The NUL's place tells that there is more. */
	n = read_up_to(fd, secret->data, SECRET_MAX + 1);
	if (n < 0)
		return (int)n;
	if ((size_t)n > SECRET_MAX)
		return -EFBIG;
	secret->len = (size_t)n;
	*ret = steal_ptr(&secret);
	return 0;
}

int secret_read_frame(int fd, struct secret **ret)
{
	cleanup_secret struct secret *secret = NULL;
	unsigned char header[HEADER_SIZE];
	uint32_t len;
	ssize_t n = read_up_to(fd, (char *)header, sizeof(header));
	int r;

	if (n <= 0)
		return n < 0 ? (int)n : -ENODATA;
	if ((size_t)n < sizeof(header) || memcmp(header, magic, sizeof(magic)) != 0)
		return -EBADMSG;
	len = (uint32_t)header[4] | (uint32_t)header[5] << 8 | (uint32_t)header[6] << 16 |
	      (uint32_t)header[7] << 24;
	if (len > SECRET_MAX)
		return -EFBIG;
	r = secret_new(&secret);
	if (r < 0)
		return r;
	n = read_up_to(fd, secret->data, len);
	if (n < 0)
		return (int)n;
	if ((size_t)n < len)
		return -EBADMSG;
	secret->len = len;
	*ret = steal_ptr(&secret);
	return 0;
}

int secret_write_frame(int fd, const struct secret *secret)
{
	size_t len = secret ? secret->len : 0;
	unsigned char header[HEADER_SIZE] = { 'C', 'F', 'C', '1' };
	int r;

	if (len > SECRET_MAX)
		return -EFBIG;
	for (unsigned int i = 0; i < 4; i++)
		header[4 + i] = (unsigned char)(len >> (8 * i));
	r = fd_write_all(fd, header, sizeof(header));
	return r == 0 && len > 0 ? fd_write_all(fd, secret->data, len) : r;
}
