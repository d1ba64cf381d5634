/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/format.h"
#include "trace/syt.h"

/* Copies what waits in the pipe into another one, and reads the copy. */
static ssize_t peek_pipe(int fd, void *bytes, size_t size)
{
	int copy[2];
	if (pipe2(copy, O_CLOEXEC) != 0)
		return -1;
	ssize_t got = tee(fd, copy[1], size, 0);
	if (got > 0)
		got = read(copy[0], bytes, (size_t)got);
	close(copy[0]);
	close(copy[1]);
	return got;
}

static bool begins_with_magic(int fd)
{
	char bytes[SYT_MAGIC_BYTES];
	struct stat st;
	if (fstat(fd, &st) != 0)
		return false;
	ssize_t got = S_ISFIFO(st.st_mode) ? peek_pipe(fd, bytes, sizeof(bytes))
					   : pread(fd, bytes, sizeof(bytes), 0);
	return got == sizeof(bytes) && memcmp(bytes, SYT_FILE_MAGIC, sizeof(bytes)) == 0;
}

bool syt_recognise(const char *path)
{
	if (strcmp(path, "-") == 0)
		return begins_with_magic(STDIN_FILENO);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool native = begins_with_magic(fd);
	close(fd);
	return native;
}
