/* SPDX-License-Identifier: MIT */
/* The exit codes of claudefs-secret-service, which only claudefs-run calls. */
#ifndef CLAUDEFS_LAUNCHER_SECRET_SERVICE_CODES_H
#define CLAUDEFS_LAUNCHER_SECRET_SERVICE_CODES_H

enum secret_service_code {
	SECRET_SERVICE_FAILED = 1,
	SECRET_SERVICE_ABSENT = 3,      /* no such item */
	SECRET_SERVICE_LOCKED = 4,      /* there, in a locked collection; it is not asked to open */
	SECRET_SERVICE_UNAVAILABLE = 5, /* no bus, or no service on it */
};

#endif
