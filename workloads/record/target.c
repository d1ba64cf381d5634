/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a program will load the recorder's library. What will not is refused before it is run: a
 * recording of nothing would come too late.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "record/record.h"

enum { INTERPRETERS_MAX = 4, LINE_MAX_BYTES = 256 };

/* A program's file as it is looked at. */
struct image {
	const char *path;
	const unsigned char *bytes;
	size_t size;
};

static int refuse(const struct image *image, const char *why, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s: cannot be recorded: %s", image->path, why);
}

/* `size` bytes at `offset`, or NULL where the file does not reach. */
static const void *at(const struct image *image, uint64_t offset, uint64_t size)
{
	if (offset > image->size || size > image->size - offset)
		return NULL;
	return image->bytes + offset;
}

static const Elf64_Phdr *find_header(const struct image *image, uint32_t type)
{
	const Elf64_Ehdr *elf = at(image, 0, sizeof(*elf));

	for (unsigned i = 0; elf && i < elf->e_phnum; i++) {
		const uint64_t offset = elf->e_phoff + (uint64_t)i * elf->e_phentsize;
		const Elf64_Phdr *header = at(image, offset, sizeof(*header));

		if (header && header->p_type == type)
			return header;
	}
	return NULL;
}

/* Where the byte that is loaded to that address stands in the file; 0: nowhere. */
static uint64_t offset_of(const struct image *image, uint64_t address)
{
	const Elf64_Ehdr *elf = at(image, 0, sizeof(*elf));

	for (unsigned i = 0; elf && i < elf->e_phnum; i++) {
		const uint64_t offset = elf->e_phoff + (uint64_t)i * elf->e_phentsize;
		const Elf64_Phdr *header = at(image, offset, sizeof(*header));

		if (header && header->p_type == PT_LOAD && address >= header->p_vaddr &&
		    address - header->p_vaddr < header->p_filesz)
			return address - header->p_vaddr + header->p_offset;
	}
	return 0;
}

static const char *text_at(const struct image *image, uint64_t offset)
{
	const char *text = at(image, offset, 1);

	return offset && text && memchr(text, 0, image->size - offset) ? text : NULL;
}

/* A library that the program is linked with whose name begins so; NULL: none. */
static const char *find_library(const struct image *image, const char *prefix)
{
	const Elf64_Phdr *header = find_header(image, PT_DYNAMIC);
	const Elf64_Dyn *dynamic = header ? at(image, header->p_offset, header->p_filesz) : NULL;
	const size_t count = dynamic ? header->p_filesz / sizeof(*dynamic) : 0;
	uint64_t names = 0;

	for (size_t i = 0; i < count; i++)
		if (dynamic[i].d_tag == DT_STRTAB)
			names = offset_of(image, dynamic[i].d_un.d_ptr);
	for (size_t i = 0; names && i < count; i++) {
		const char *name = dynamic[i].d_tag == DT_NEEDED
					   ? text_at(image, names + dynamic[i].d_un.d_val)
					   : NULL;
		if (name && strncmp(name, prefix, strlen(prefix)) == 0)
			return name;
	}
	return NULL;
}

/* The loader heeds LD_PRELOAD of its user only when it gives no rights that he has not. */
static int check_rights(const struct image *image, const struct stat *info, struct error *err)
{
	if (info->st_mode & S_ISUID && info->st_uid != getuid())
		return refuse(image, "it runs with its owner's rights (set-user-ID)", err);
	if (info->st_mode & S_ISGID && info->st_gid != getgid())
		return refuse(image, "it runs with its group's rights (set-group-ID)", err);
	if (getuid() && getxattr(image->path, "security.capability", NULL, 0) > 0)
		return refuse(image, "it has file capabilities", err);
	return 0;
}

static int check_elf(const struct image *image, struct error *err)
{
	static const char *const sanitizers[] = { "libasan.", "libtsan.", "libhwasan.",
						  "liblsan." };
	const Elf64_Phdr *header = find_header(image, PT_INTERP);
	const char *loader = header ? text_at(image, header->p_offset) : NULL;

	if (image->bytes[EI_CLASS] != ELFCLASS64)
		return refuse(image, "it is a 32-bit program", err);
	if (!loader)
		return refuse(image,
			      "it is statically linked, so that no library can be preloaded into "
			      "it",
			      err);
	if (!strstr(loader, "ld-linux"))
		return error_set(err, ERROR_INPUT,
				 "%s: cannot be recorded: its loader is %s, not that of the GNU C "
				 "library",
				 image->path, loader);
	for (size_t i = 0; i < sizeof(sanitizers) / sizeof(sanitizers[0]); i++)
		if (find_library(image, sanitizers[i]))
			return refuse(image,
				      "it is built with a sanitizer, which brings an allocator of "
				      "its own",
				      err);
	return 0;
}

/* The program that a script names in its first line goes to `next`. */
static void read_interpreter(const struct image *image, char *next, size_t size)
{
	const char *text = (const char *)image->bytes + 2;
	size_t length = image->size - 2, begin = 0;

	*next = '\0';
	while (begin < length && (text[begin] == ' ' || text[begin] == '\t'))
		begin++;
	for (size_t i = 0; begin + i < length && i + 1 < size; i++) {
		if (strchr(" \t\n", text[begin + i]))
			break;
		next[i] = text[begin + i];
		next[i + 1] = '\0';
	}
}

/* 1: a script, whose interpreter is in `next`; 0: good; -1: not. */
static int check_image(const struct image *image, char *next, size_t size, struct error *err)
{
	if (image->size > 2 && memcmp(image->bytes, "#!", 2) == 0) {
		read_interpreter(image, next, size);
		return 1;
	}
	if (image->size > sizeof(Elf64_Ehdr) && memcmp(image->bytes, ELFMAG, SELFMAG) == 0)
		return check_elf(image, err);
	return 0; /* the shell will be asked what to do with it */
}

static int check_file(const char *path, char *next, size_t size, struct error *err)
{
	struct image image = { .path = path };
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;

	/* What may be executed and not read cannot be looked at. */
	if (fd < 0 || fstat(fd, &info) || !S_ISREG(info.st_mode) || info.st_size == 0) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	image.size = (size_t)info.st_size;
	void *map = mmap(NULL, image.size, PROT_READ, MAP_PRIVATE, fd, 0);

	close(fd);
	if (map == MAP_FAILED)
		return error_errno(err, path, "cannot be read");
	image.bytes = map;
	int result = check_image(&image, next, size, err);

	if (result == 0)
		result = check_rights(&image, &info, err);
	munmap(map, image.size);
	return result;
}

/* As execvp(3) looks for it. */
static int find_command(const char *command, char *path, size_t size, struct error *err)
{
	const char *list = getenv("PATH");

	if (strchr(command, '/')) {
		snprintf(path, size, "%s", command);
		if (access(path, X_OK) == 0)
			return 0;
		return error_set(err, ERROR_INPUT, "%s: cannot be executed: %s", path,
				 strerror(errno));
	}
	for (list = list ? list : "/bin:/usr/bin"; *list; list += *list == ':') {
		const size_t length = strcspn(list, ":");

		snprintf(path, size, "%.*s%s%s", (int)length, list, length ? "/" : "", command);
		list += length;
		if (access(path, X_OK) == 0)
			return 0;
	}
	return error_set(err, ERROR_INPUT, "%s: no such command is in PATH", command);
}

int record_check(const char *command, struct error *err)
{
	char path[PATH_MAX], next[LINE_MAX_BYTES];

	if (find_command(command, path, sizeof(path), err))
		return -1;
	for (int i = 0; i < INTERPRETERS_MAX; i++) {
		const int result = check_file(path, next, sizeof(next), err);

		if (result <= 0)
			return result;
		snprintf(path, sizeof(path), "%s", next);
	}
	return 0;
}
