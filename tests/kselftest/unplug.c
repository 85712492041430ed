// SPDX-License-Identifier: MIT
/* The device or the module goes away at any moment. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "common.h"

#define N_CLIENTS 3
#define N_LOADS 5
#define KUNIT_FILTER "/sys/module/kunit/parameters/filter_glob"

FIXTURE(unplug)
{
	struct engine engine;
	struct session session;
	char device[64];
};

FIXTURE_SETUP(unplug)
{
	engine_start(&self->engine, 2);
	session_open(&self->session, &self->engine, 0x21);
	device_name(&self->engine, self->device, sizeof(self->device));
}

FIXTURE_TEARDOWN(unplug)
{
	session_close(&self->session);
	engine_stop(&self->engine);
}

TEST_F(unplug, with_jobs)
{
	uint32_t sync = syncobj_create(self->session.fd, 0);
	struct drm_syncobj_handle export = {
		.handle = sync, .fd = -1,
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
	};
	struct pollfd poll_fd = { .events = POLLIN };
	struct lwnpu_ctl_record job;
	struct request request;

	session_request(&self->session, &request);
	ASSERT_EQ(1, session_submit(&self->session));
	request_signal(&request, sync, 0);
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue, &request));
	ASSERT_EQ(0, device_ioctl(self->session.fd,
				  DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &export));
	poll_fd.fd = export.fd;
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	ASSERT_EQ(0, sysfs_write(BUS_DRIVER "unbind", self->device));
	/* One job was running, the other waiting: both fences are signalled. */
	EXPECT_EQ(1, poll(&poll_fd, 1, 5000));
	EXPECT_EQ(-ENODEV, session_submit(&self->session));
	EXPECT_EQ(-ENODEV, session_wait(&self->session, 1, 0));
	EXPECT_EQ(-ENODEV, engine_run(&self->engine, 0));
	self->session.out[0] = self->session.in[0];
	close(poll_fd.fd);
}

TEST_F(unplug, and_back)
{
	struct engine other;
	struct session session;

	ASSERT_EQ(0, sysfs_write(BUS_DRIVER "unbind", self->device));
	session_close(&self->session);
	engine_die(&self->engine);
	ASSERT_EQ(0, sysfs_write(BUS_DRIVER "bind", self->device));
	engine_start(&other, 2);
	session_open(&session, &other, 5);
	engine_serve(&other);
	ASSERT_EQ(1, session_submit(&session));
	EXPECT_EQ(DRM_LWNPU_JOB_DONE, session_wait(&session, 1, 5000));
	EXPECT_TRUE(session_check(&session));
	session_close(&session);
	engine_stop(&other);
}

/* What is left of unplugged devices does not keep new ones away. */
TEST_F(unplug, many_times)
{
	struct engine engine;
	char device[64];
	int i;

	for (i = 0; i < 40; i++) {
		engine_open(&engine);
		ASSERT_EQ(0, engine_try_start(&engine, "another", 1));
		device_name(&engine, device, sizeof(device));
		ASSERT_EQ(0, sysfs_write(BUS_DRIVER "unbind", device));
		engine_stop(&engine);
	}
}

struct client {
	const struct engine *engine;
	struct session session;
	pthread_t thread;
	uint64_t done;
	int error;
};

/* Works until the device is gone; anything but that is an error. */
static void *work(void *argument)
{
	struct client *client = argument;
	int64_t id;

	do {
		id = session_submit(&client->session);
		if (id > 0)
			id = session_wait(&client->session, id, 10000);
		if (id == DRM_LWNPU_JOB_DONE &&
		    !session_check(&client->session))
			id = -EILSEQ;
		client->done += id == DRM_LWNPU_JOB_DONE;
	} while (id == DRM_LWNPU_JOB_DONE);
	client->error = id;
	return NULL;
}

static void start_clients(struct client *clients, const struct engine *engine)
{
	int i;

	for (i = 0; i < N_CLIENTS; i++) {
		session_open(&clients[i].session, engine, 16 * i + 3);
		if (pthread_create(&clients[i].thread, NULL, work,
				   &clients[i]))
			fail("a thread");
	}
}

TEST_F_TIMEOUT(unplug, under_load, 120)
{
	struct client clients[N_CLIENTS] = { 0 };
	uint64_t done = 0;
	int round, i;

	srand(1);
	session_close(&self->session);
	for (round = 0; round < 20; round++) {
		engine_serve(&self->engine);
		start_clients(clients, &self->engine);
		usleep(rand() % 30000);
		ASSERT_EQ(0, sysfs_write(BUS_DRIVER "unbind", self->device));
		for (i = 0; i < N_CLIENTS; i++) {
			pthread_join(clients[i].thread, NULL);
			EXPECT_TRUE(clients[i].error == -ENODEV ||
				    clients[i].error == DRM_LWNPU_JOB_LOST)
				TH_LOG("%d", clients[i].error);
			session_close(&clients[i].session);
			done += clients[i].done;
		}
		engine_stop(&self->engine);
		engine_start(&self->engine, 2);
		device_name(&self->engine, self->device,
			    sizeof(self->device));
	}
	EXPECT_LT(0, done);
}

TEST_F_TIMEOUT(unplug, stop_under_load, 120)
{
	struct client clients[N_CLIENTS] = { 0 };
	int round, i;

	srand(2);
	session_close(&self->session);
	for (round = 0; round < 20; round++) {
		engine_serve(&self->engine);
		start_clients(clients, &self->engine);
		usleep(rand() % 30000);
		engine_stop(&self->engine);
		for (i = 0; i < N_CLIENTS; i++) {
			pthread_join(clients[i].thread, NULL);
			EXPECT_TRUE(clients[i].error == -ENODEV ||
				    clients[i].error == DRM_LWNPU_JOB_LOST)
				TH_LOG("%d", clients[i].error);
			session_close(&clients[i].session);
		}
		engine_start(&self->engine, 2);
	}
}

static int unload(void)
{
	return syscall(SYS_delete_module, "lwnpu", O_NONBLOCK) ? -errno : 0;
}

/*
 * The lab lists the modules that it loaded; ours is the last. Loaded, it runs
 * its KUnit tests, for seconds: all of "suites".
 */
static int load(const char *suites)
{
	char path[256], line[256] = "";
	const char *lab = getenv("LAB");
	int fd, error;
	FILE *list;

	if (!lab || chdir(lab))
		return -ENOENT;
	list = fopen("modules", "re");
	if (!list)
		return -errno;
	while (fgets(path, sizeof(path), list))
		memcpy(line, path, sizeof(line));
	fclose(list);
	line[strcspn(line, "\n")] = '\0';
	if (!access(KUNIT_FILTER, F_OK) && sysfs_write(KUNIT_FILTER, suites))
		return -errno;
	fd = open(line, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return error;
}

/* Unloads as soon as the kernel allows it; it must, in the end. */
static int unload_soon(void)
{
	int64_t end = in_ms(5000);
	int error;

	do {
		error = unload();
		if (error)
			usleep(1000);
	} while (error && in_ms(0) < end);
	return error;
}

TEST_F(unplug, module_in_use)
{
	struct lwnpu_ctl_record job;
	uint32_t sync;
	struct drm_syncobj_handle export = {
		.fd = -1,
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
	};
	struct pollfd poll_fd = { .events = POLLIN };
	struct request request;

	if (access("/sys/module/lwnpu/refcnt", F_OK) || !getenv("LAB"))
		SKIP(return, "lwnpu is not a module here");
	sync = syncobj_create(self->session.fd, 0);
	session_request(&self->session, &request);
	request_signal(&request, sync, 0);
	EXPECT_GT(0, unload());
	ASSERT_EQ(0, submit(self->session.fd, self->session.queue, &request));
	export.handle = sync;
	ASSERT_EQ(0, device_ioctl(self->session.fd,
				  DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &export));
	poll_fd.fd = export.fd;
	ASSERT_EQ(0, engine_next(&self->engine, &job, 5000));
	session_close(&self->session);
	EXPECT_GT(0, unload());
	engine_die(&self->engine);
	/* A job's fence, that others may look at, still needs the module. */
	EXPECT_GT(0, unload());
	engine_start(&self->engine, 2);
	engine_stop(&self->engine);
	EXPECT_EQ(1, poll(&poll_fd, 1, 5000));
	close(poll_fd.fd);
	EXPECT_EQ(0, unload_soon());
	ASSERT_EQ(0, load("none"));
}

/* A device that waits for a successor goes with the module. */
TEST_F(unplug, module_without_daemon)
{
	if (access("/sys/module/lwnpu/refcnt", F_OK) || !getenv("LAB"))
		SKIP(return, "lwnpu is not a module here");
	session_close(&self->session);
	engine_die(&self->engine);
	EXPECT_EQ(0, unload_soon());
	ASSERT_EQ(0, load("none"));
	engine_start(&self->engine, 1);
	EXPECT_EQ(0, self->engine.start.taken_over);
}

TEST_F_TIMEOUT(unplug, module_after_load, 120)
{
	struct client clients[N_CLIENTS] = { 0 };
	int round, i;

	if (access("/sys/module/lwnpu/refcnt", F_OK) || !getenv("LAB"))
		SKIP(return, "lwnpu is not a module here");
	session_close(&self->session);
	for (round = 0; round < N_LOADS; round++) {
		engine_serve(&self->engine);
		start_clients(clients, &self->engine);
		usleep(20000);
		engine_stop(&self->engine);
		for (i = 0; i < N_CLIENTS; i++) {
			pthread_join(clients[i].thread, NULL);
			session_close(&clients[i].session);
		}
		ASSERT_EQ(0, unload_soon());
		/* The last one that is loaded is as the lab's was. */
		ASSERT_EQ(0, load(round < N_LOADS - 1 ? "none" : "*"));
		engine_start(&self->engine, 2);
	}
}

TEST_HARNESS_MAIN
