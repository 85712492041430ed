// SPDX-License-Identifier: MIT
/* fdinfo, debugfs, the core dump of a hang: they say what is true. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "common.h"

FIXTURE(fdinfo)
{
	struct engine engine;
	struct session session;
};

FIXTURE_SETUP(fdinfo)
{
	engine_start(&self->engine, 1);
	session_open(&self->session, &self->engine, 0x44);
}

FIXTURE_TEARDOWN(fdinfo)
{
	session_close(&self->session);
	engine_stop(&self->engine);
}

/* The value of a key, in what fdinfo says it is counted in; -1: no such key. */
static int64_t value(int fd, const char *key, const char *unit)
{
	char path[64], text[4096], *line, found[16] = "";
	long long number;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	read_file(path, text, sizeof(text));
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, key, strlen(key)) ||
		    line[strlen(key)] != ':')
			continue;
		if (sscanf(line + strlen(key) + 1, "%lld %15s", &number,
			   found) < 1 || strcmp(found, unit))
			return -2;
		return number;
	}
	return -1;
}

TEST_F(fdinfo, names_the_driver)
{
	char path[64], text[4096];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d",
		 self->session.fd);
	ASSERT_LT(0, read_file(path, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "drm-driver:\tlwnpu\n"));
	EXPECT_LE(0, value(self->session.fd, "drm-client-id", ""));
	EXPECT_EQ(1, value(self->session.fd, "drm-engine-capacity-npu", ""));
}

/* Two applications keep the engine busy: their times sum up to the wall's. */
TEST_F(fdinfo, engine_time)
{
	int64_t begin, wall, sum, before;
	struct session other;
	int64_t id = 0, id2 = 0;
	int i;

	session_open(&other, &self->engine, 0x55);
	before = value(self->session.fd, "drm-engine-npu", "ns");
	EXPECT_EQ(0, before);
	self->engine.delay_us = 50000;
	for (i = 0; i < 6; i++) {
		id = session_submit(&self->session);
		id2 = session_submit(&other);
		ASSERT_LT(0, id);
		ASSERT_LT(0, id2);
	}
	begin = in_ms(0);
	engine_serve(&self->engine);
	ASSERT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&self->session, id, 20000));
	ASSERT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&other, id2, 20000));
	wall = in_ms(0) - begin;
	sum = value(self->session.fd, "drm-engine-npu", "ns") +
	      value(other.fd, "drm-engine-npu", "ns");
	/* The first job was given before, at once when it was submitted. */
	EXPECT_LE(wall * 9 / 10, sum) TH_LOG("%lld of %lld", (long long)sum,
					     (long long)wall);
	EXPECT_GE(wall * 11 / 10 + 50000000, sum)
		TH_LOG("%lld of %lld", (long long)sum, (long long)wall);
	EXPECT_LE(wall / 4, value(other.fd, "drm-engine-npu", "ns"));
	session_close(&other);
}

TEST_F(fdinfo, memory)
{
	int64_t before = value(self->session.fd, "drm-total-memory", "KiB");
	uint32_t handle;

	ASSERT_LE(8, before);
	handle = bo_create(self->session.fd, 1 << 20);
	EXPECT_EQ(before + 1024,
		  value(self->session.fd, "drm-total-memory", "KiB"));
	gem_close(self->session.fd, handle);
	EXPECT_EQ(before, value(self->session.fd, "drm-total-memory", "KiB"));
	EXPECT_LT(0, value(self->session.fd, "drm-total-program", "KiB"));
}

TEST_F(fdinfo, cycles)
{
	struct drm_lwnpu_completion completion;
	struct lwnpu_ctl_record job;

	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	engine_put(&self->engine, job.id, 0)->cycles = 12345;
	ASSERT_EQ(0, engine_run(&self->engine, 0));
	ASSERT_EQ(0, wait_job(self->session.fd, self->session.queue, 1, 5000,
			      &completion));
	EXPECT_EQ(12345, completion.cycles);
	EXPECT_EQ(12345, value(self->session.fd, "drm-cycles-npu", ""));
}

/* What is given as the time of a job is believed only if it can be. */
TEST_F(fdinfo, times_of_the_engine)
{
	struct drm_lwnpu_completion completion;
	struct lwnpu_ctl_completion *entry;
	struct lwnpu_ctl_record job;
	uint64_t begin, end;

	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	begin = in_ms(0);
	usleep(10000);
	end = in_ms(0);
	entry = engine_put(&self->engine, job.id, 0);
	entry->start_ns = begin;
	entry->end_ns = end;
	ASSERT_EQ(0, engine_run(&self->engine, 0));
	ASSERT_EQ(0, wait_job(self->session.fd, self->session.queue, 1, 5000,
			      &completion));
	EXPECT_EQ(begin, completion.start_ns);
	EXPECT_EQ(end, completion.end_ns);
	EXPECT_EQ(end - begin,
		  value(self->session.fd, "drm-engine-npu", "ns"));
}

TEST_F(fdinfo, debugfs_state)
{
	struct lwnpu_ctl_record job;
	char line[32], text[4096];

	if (!device_state(&self->engine, text, sizeof(text)))
		SKIP(return, "no debugfs");
	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	ASSERT_LT(0, device_state(&self->engine, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "engine: " ENGINE_NAME));
	EXPECT_NE(NULL, strstr(text, "done: 0\n"));
	EXPECT_NE(NULL, strstr(text, "ready: 0\n"));
	snprintf(line, sizeof(line), "job %llu: ", (long long)job.id);
	EXPECT_NE(NULL, strstr(text, line));
	engine_complete(&self->engine, job.id, 0);
}

static bool remove_dumps(char *text, size_t size)
{
	DIR *folder = opendir("/sys/class/devcoredump");
	struct dirent *entry;
	char path[512];
	bool found = false;

	while (folder && (entry = readdir(folder))) {
		if (entry->d_name[0] != 'd')
			continue;
		if (!strcmp(entry->d_name, "disabled"))
			continue;
		snprintf(path, sizeof(path),
			 "/sys/class/devcoredump/%s/data", entry->d_name);
		found = read_file(path, text, size) > 0;
		sysfs_write(path, "0");
	}
	if (folder)
		closedir(folder);
	return found;
}

TEST_F(fdinfo, core_dump_of_a_hang)
{
	static const char timeout[] = "/sys/module/lwnpu/parameters/timeout_ms";
	char text[8192] = "", before[16] = "";
	struct lwnpu_ctl_record job;
	int64_t end;

	if (access("/sys/class/devcoredump", F_OK))
		SKIP(return, "no device core dumps");
	remove_dumps(text, sizeof(text));
	read_file(timeout, before, sizeof(before));
	ASSERT_EQ(0, sysfs_write(timeout, "100"));
	ASSERT_EQ(1, session_submit(&self->session));
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	EXPECT_EQ(DRM_LWNPU_JOB_HUNG, session_wait(&self->session, 1, 5000));
	sysfs_write(timeout, before);
	end = in_ms(2000);
	while (!remove_dumps(text, sizeof(text)) && in_ms(0) < end)
		usleep(10000);
	EXPECT_NE(NULL, strstr(text, "lwnpu hang\n"));
	EXPECT_NE(NULL, strstr(text, "engine: " ENGINE_NAME));
	EXPECT_NE(NULL, strstr(text, "lut"));
}

TEST_HARNESS_MAIN
