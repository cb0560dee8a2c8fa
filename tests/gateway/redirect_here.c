/* SPDX-License-Identifier: MIT */
/* Sets the network namespace that it runs in up as a sandbox's. Prints the errno's text where that
 * cannot be. */
#include <stdio.h>
#include <string.h>

#include "fs/network/redirect.h"

int main(void)
{
	int refusals;
	int r = redirect_make(&refusals);

	if (r < 0)
		(void)fprintf(stderr, "redirect_here: %s\n", strerror(-r));
	return r < 0 ? 1 : 0;
}
