// SPDX-License-Identifier: MIT
/* Whole files: read at once, written complete or not at all. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

#define TEMPORARY_NAMES 1000

static int file_fail(struct lwnpu_error *error, const char *path,
		     const char *what, int err)
{
	const char *cut, *end = lw_path_end(path, &cut);

	return lw_fail(error, -err, "%s%s: cannot %s: %s", cut, end, what,
		       strerror(err));
}

static int check_regular(const char *path, const struct stat *st,
			 struct lwnpu_error *error)
{
	if (S_ISREG(st->st_mode))
		return 0;
	if (S_ISDIR(st->st_mode))
		return lw_fail(error, -EISDIR,
			       "%s: is a directory, expected a file", path);
	return lw_fail(error, -EINVAL, "%s: is not a regular file", path);
}

static int open_regular(const char *path, int *fd, struct stat *st,
			struct lwnpu_error *error)
{
	int ret;

	/* Not blocking: opening a FIFO must not wait for a writer. */
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return file_fail(error, path, "open", errno);
	if (fstat(*fd, st)) {
		ret = file_fail(error, path, "examine", errno);
		goto close;
	}
	ret = check_regular(path, st, error);
	if (!ret)
		return 0;
close:
	close(*fd);
	return ret;
}

/* Reads up to @size bytes; fewer at the end of the file. */
static int read_up_to(int fd, char *data, size_t size, size_t *done)
{
	ssize_t n;

	for (*done = 0; *done < size; *done += n) {
		n = read(fd, data + *done, size - *done);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return -errno;
		else if (!n)
			break;
	}
	return 0;
}

int lw_file_read(const char *path, size_t max, void **data, size_t *size,
		 struct lwnpu_error *error)
{
	struct stat st;
	char *bytes = NULL;
	size_t n, room;
	int fd, ret;

	ret = open_regular(path, &fd, &st, error);
	if (ret)
		return ret;
	if ((uintmax_t)st.st_size > max) {
		ret = lw_fail(error, -EFBIG, "%s: has %ju bytes, at most %zu are read",
			      path, (uintmax_t)st.st_size, max);
		goto out;
	}
	if (lw_add(st.st_size, 1, &room) || !(bytes = malloc(room))) {
		ret = file_fail(error, path, "read", ENOMEM);
		goto out;
	}
	ret = read_up_to(fd, bytes, room, &n);
	if (ret) {
		ret = file_fail(error, path, "read", -ret);
		goto out;
	}
	if (n != (size_t)st.st_size) {
		ret = lw_fail(error, -EIO, "%s: changed its size while it was read",
			      path);
		goto out;
	}
	bytes[n] = '\0';
	*data = bytes;
	*size = n;
	bytes = NULL;
out:
	free(bytes);
	close(fd);
	return ret;
}

int lw_file_peek(const char *path, void *data, size_t room, size_t *n,
		 uint64_t *size, struct lwnpu_error *error)
{
	struct stat st;
	int fd, ret;

	ret = open_regular(path, &fd, &st, error);
	if (ret)
		return ret;
	*size = st.st_size;
	ret = read_up_to(fd, data, room, n);
	if (ret)
		ret = file_fail(error, path, "read", -ret);
	close(fd);
	return ret;
}

/**
 * struct target - where a file is to appear
 * @path: with symbolic links followed
 * @directory: that it lies in
 * @exists: it is there already, with @mode
 * @mode: permissions
 */
struct target {
	char path[PATH_MAX];
	char directory[PATH_MAX];
	bool exists;
	mode_t mode;
};

static int find_existing(struct target *target, const char *path,
			 struct lwnpu_error *error)
{
	struct stat st;
	int ret;

	if (!realpath(path, target->path) || stat(target->path, &st))
		return file_fail(error, path, "write", errno);
	/* A rename would put a plain file in the place of /dev/null. */
	ret = check_regular(path, &st, error);
	if (ret)
		return ret;
	if (faccessat(AT_FDCWD, target->path, W_OK, AT_EACCESS))
		return file_fail(error, path, "write", errno);
	target->exists = true;
	target->mode = st.st_mode & 0777;
	return 0;
}

static void set_directory(struct target *target)
{
	char *slash;

	strcpy(target->directory, target->path);
	slash = strrchr(target->directory, '/');
	if (!slash)
		strcpy(target->directory, ".");
	else if (slash == target->directory)
		strcpy(target->directory, "/");
	else
		*slash = '\0';
}

static int find_target(struct target *target, const char *path,
		       struct lwnpu_error *error)
{
	struct stat st;
	int ret;

	if (strlen(path) >= sizeof(target->path))
		return file_fail(error, path, "write", ENAMETOOLONG);
	target->exists = false;
	target->mode = 0666;
	if (!lstat(path, &st)) {
		ret = find_existing(target, path, error);
		if (ret)
			return ret;
	} else if (errno != ENOENT || !*path) {
		return file_fail(error, path, "write", errno);
	} else {
		strcpy(target->path, path);
	}
	set_directory(target);
	return 0;
}

/* The kernel applies the umask, which no program can read without a race. */
static int open_temporary(const struct target *target, char name[PATH_MAX])
{
	unsigned int i;
	int fd;

	for (i = 0; i < TEMPORARY_NAMES; i++) {
		if (snprintf(name, PATH_MAX, "%s/.lwnpu-%ld-%u.tmp",
			     target->directory, (long)getpid(), i) >= PATH_MAX)
			return -ENAMETOOLONG;
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			  target->mode);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static int write_all(int fd, const char *data, size_t size)
{
	ssize_t n;

	while (size) {
		n = write(fd, data, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= n;
	}
	return 0;
}

/* Writes, and closes @fd in any case. */
static int fill_temporary(int fd, const struct target *target,
			  const void *data, size_t size)
{
	int ret;

	ret = write_all(fd, data, size);
	if (!ret && target->exists && fchmod(fd, target->mode))
		ret = -errno;
	if (!ret && fsync(fd))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

/*
 * Makes a rename last. Its failure is not reported: the file is complete and
 * in its place, and some file systems cannot do this for directories.
 */
static void sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int lw_file_write(const char *path, const void *data, size_t size,
		  struct lwnpu_error *error)
{
	struct target target;
	char temporary[PATH_MAX];
	int fd, ret;

	ret = find_target(&target, path, error);
	if (ret)
		return ret;
	fd = open_temporary(&target, temporary);
	if (fd < 0)
		return file_fail(error, path, "write", -fd);
	ret = fill_temporary(fd, &target, data, size);
	if (!ret && rename(temporary, target.path))
		ret = -errno;
	if (ret) {
		unlink(temporary);
		return file_fail(error, path, "write", -ret);
	}
	sync_directory(target.directory);
	return 0;
}

bool lw_file_is_same(const char *a, const char *b)
{
	struct stat first, second;

	if (!strcmp(a, b))
		return true;
	return !stat(a, &first) && !stat(b, &second) &&
	       first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}
