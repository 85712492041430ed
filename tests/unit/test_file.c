// SPDX-License-Identifier: MIT
/* Whole files: what is read, what is refused, what a failure leaves. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"

static char folder[PATH_MAX];
static struct lwnpu_error error;

static const char *in_folder(const char *name)
{
	static char path[2][PATH_MAX + 512];
	static unsigned int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static void make_file(const char *name, const char *text)
{
	FILE *file = fopen(in_folder(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_contents(const char *name, const char *text)
{
	size_t size;
	void *data;

	assert_int_equal(lw_file_read(in_folder(name), 1000, &data, &size,
				      &error), 0);
	assert_int_equal(size, strlen(text));
	assert_string_equal(data, text);
	free(data);
}

static unsigned int entries(void)
{
	DIR *directory = opendir(folder);
	unsigned int n = 0;

	assert_non_null(directory);
	while (readdir(directory))
		n++;
	closedir(directory);
	return n - 2;
}

static unsigned int mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(lstat(in_folder(name), &st), 0);
	return st.st_mode & 07777;
}

/* The message starts with the path, says something, and is one line. */
static void assert_error(int ret, int code, const char *path)
{
	assert_int_equal(ret, code);
	assert_int_equal(error.code, code);
	assert_int_equal(strncmp(error.message, path, strlen(path)), 0);
	assert_true(strlen(error.message) > strlen(path) + 5);
	assert_null(strchr(error.message, '\n'));
}

static void assert_unreadable(const char *path, size_t max, int code)
{
	size_t size = 77;
	void *data = &size;

	assert_error(lw_file_read(path, max, &data, &size, &error), code,
		     path);
	assert_ptr_equal(data, &size);
	assert_int_equal(size, 77);
}

static int set_up(void **state)
{
	(void)state;
	umask(022);
	strcpy(folder, "/tmp/lwnpu-test-XXXXXX");
	return !mkdtemp(folder);
}

static int tear_down(void **state)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;

	(void)state;
	while ((entry = readdir(directory)))
		remove(in_folder(entry->d_name));
	closedir(directory);
	return rmdir(folder);
}

static void reads(void **state)
{
	(void)state;
	make_file("text", "some text");
	assert_contents("text", "some text");
	make_file("empty", "");
	assert_contents("empty", "");
}

static void read_bounds(void **state)
{
	size_t size;
	void *data;

	(void)state;
	make_file("text", "123456789");
	assert_unreadable(in_folder("text"), 8, -EFBIG);
	assert_int_equal(lw_file_read(in_folder("text"), 9, &data, &size,
				      NULL), 0);
	free(data);
	/* Says that it is empty, and is not. */
	assert_unreadable("/proc/self/status", 1 << 20, -EIO);
}

static void reads_no_other_things(void **state)
{
	(void)state;
	assert_unreadable(in_folder("absent"), 10, -ENOENT);
	assert_unreadable("", 10, -ENOENT);
	assert_unreadable(folder, 10, -EISDIR);
	assert_unreadable("/dev/zero", 10, -EINVAL);
	/* Nobody writes to it: opening it in the usual way would wait. */
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	alarm(10);
	assert_unreadable(in_folder("fifo"), 10, -EINVAL);
	alarm(0);
	assert_int_equal(lw_file_read(folder, 10, NULL, NULL, NULL), -EISDIR);
}

static void writes(void **state)
{
	(void)state;
	assert_int_equal(lw_file_write(in_folder("new"), "text", 4, &error),
			 0);
	assert_contents("new", "text");
	assert_int_equal(mode_of("new"), 0644);
	umask(077);
	assert_int_equal(lw_file_write(in_folder("own"), NULL, 0, NULL), 0);
	assert_contents("own", "");
	assert_int_equal(mode_of("own"), 0600);
	assert_int_equal(entries(), 2);
}

static void write_keeps_the_mode(void **state)
{
	(void)state;
	make_file("old", "before");
	chmod(in_folder("old"), 0666);
	assert_int_equal(lw_file_write(in_folder("old"), "after", 5, &error),
			 0);
	assert_contents("old", "after");
	assert_int_equal(mode_of("old"), 0666);
	assert_int_equal(entries(), 1);
}

static void write_follows_links(void **state)
{
	struct stat st;

	(void)state;
	make_file("file", "before");
	assert_int_equal(symlink("file", in_folder("link")), 0);
	assert_int_equal(lw_file_write(in_folder("link"), "after", 5, &error),
			 0);
	assert_contents("file", "after");
	assert_int_equal(lstat(in_folder("link"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void write_in_the_current_folder(void **state)
{
	char before[PATH_MAX];

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(lw_file_write("here", "text", 4, &error), 0);
	assert_int_equal(chdir(before), 0);
	assert_contents("here", "text");
}

/* Left by a process that was killed. */
static void write_passes_stale_temporaries(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), ".lwnpu-%ld-0.tmp", (long)getpid());
	make_file(name, "stale");
	assert_int_equal(lw_file_write(in_folder("new"), "text", 4, &error),
			 0);
	assert_contents("new", "text");
	assert_contents(name, "stale");
}

static void assert_unwritable(const char *path, int code)
{
	unsigned int before = entries();

	assert_error(lw_file_write(path, "text", 4, &error), code, path);
	assert_int_equal(entries(), before);
}

static void writes_no_other_things(void **state)
{
	char path[2 * PATH_MAX];
	struct stat st;

	(void)state;
	assert_unwritable(folder, -EISDIR);
	assert_unwritable("/dev/null", -EINVAL);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_unwritable("", -ENOENT);
	assert_unwritable(in_folder("absent/file"), -ENOENT);
	assert_int_equal(symlink("nowhere", in_folder("dangling")), 0);
	assert_unwritable(in_folder("dangling"), -ENOENT);
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	assert_unwritable(in_folder("fifo"), -EINVAL);
	make_file("file", "text");
	assert_unwritable(in_folder("file/below"), -ENOTDIR);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(lw_file_write(path, "text", 4, &error),
			 -ENAMETOOLONG);
}

/* No room for the new contents: the old ones stay, and nothing else. */
static void failed_write_changes_nothing(void **state)
{
	struct rlimit old, tight;
	char big[4096];
	int ret;

	(void)state;
	memset(big, 'x', sizeof(big));
	make_file("old", "before");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight = old;
	tight.rlim_cur = 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	ret = lw_file_write(in_folder("old"), big, sizeof(big), &error);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_error(ret, -EFBIG, in_folder("old"));
	assert_contents("old", "before");
	assert_int_equal(entries(), 1);
}

/* Of a long path the end, and what is wrong with it. */
static void long_paths_are_cut(void **state)
{
	char path[2000];
	void *data;
	size_t size;

	(void)state;
	memset(path, 'x', sizeof(path));
	strcpy(path + sizeof(path) - 5, "/end");
	assert_int_equal(lw_file_read(path, 1, &data, &size, &error),
			 -ENAMETOOLONG);
	assert_int_equal(strncmp(error.message, "...xxx", 6), 0);
	assert_non_null(strstr(error.message, "x/end: cannot open: "));
	assert_non_null(strstr(error.message, strerror(ENAMETOOLONG)));
	assert_int_equal(lw_fail(&error, -EIO, "broken"), -EIO);
	assert_int_equal(lw_fail_at(&error, path), -EIO);
	assert_non_null(strstr(error.message, "x/end: broken"));
}

static void same_files(void **state)
{
	(void)state;
	make_file("a", "text");
	make_file("b", "text");
	assert_int_equal(symlink("a", in_folder("link")), 0);
	assert_false(lw_file_is_same(in_folder("a"), in_folder("b")));
	assert_true(lw_file_is_same(in_folder("a"), in_folder("link")));
	assert_false(lw_file_is_same(in_folder("a"), in_folder("none")));
	assert_true(lw_file_is_same(in_folder("none"), in_folder("none")));
}

static void messages_are_one_line_of_text(void **state)
{
	char name[600];

	(void)state;
	assert_int_equal(lw_fail(&error, -EIO, "a\nb\x1b[1m\xff %s", "\xc3"),
			 -EIO);
	assert_string_equal(error.message, "a?b?[1m? ?");
	lw_fail(&error, -EIO, "gr\xc3\xb6\xc3\x9f" "e \xe2\x82\xac");
	assert_string_equal(error.message, "gr\xc3\xb6\xc3\x9f" "e \xe2\x82\xac");
	assert_int_equal(lw_fail_at(&error, "file"), -EIO);
	assert_int_equal(strncmp(error.message, "file: gr", 8), 0);
	assert_int_equal(lw_fail(NULL, -EIO, "nobody reads this"), -EIO);
	assert_int_equal(lw_fail_at(NULL, "file"), -EIO);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	lw_fail(&error, -EIO, "%s", name);
	assert_int_equal(strlen(error.message), LWNPU_ERROR_SIZE - 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(reads),
		TEST(read_bounds),
		TEST(reads_no_other_things),
		TEST(writes),
		TEST(write_keeps_the_mode),
		TEST(write_follows_links),
		TEST(write_in_the_current_folder),
		TEST(write_passes_stale_temporaries),
		TEST(writes_no_other_things),
		TEST(failed_write_changes_nothing),
		TEST(same_files),
		cmocka_unit_test(long_paths_are_cut),
		cmocka_unit_test(messages_are_one_line_of_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
