/* SPDX-License-Identifier: MIT */
/* A program that no preloaded library reaches: it waits to be read. */
#include <unistd.h>

int main(void)
{
	(void)alarm(60);
	for (;;)
		(void)pause();
}
