// SPDX-License-Identifier: GPL-2.0-only
/* Devices whose engine is a daemon: made when one asks, kept when it dies. */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <drm/drm_drv.h>

#include "lwnpu_drv.h"
#include "lwnpu_user.h"

static unsigned int lwnpu_max_devices = 16;
module_param_named(max_devices, lwnpu_max_devices, uint, 0644);
MODULE_PARM_DESC(max_devices, "devices that daemons may make");

/**
 * struct lwnpu_host - a device that a daemon asked for
 * @node: of the list
 * @pdev: its place on the platform bus
 * @config: what the daemon said
 * @error: of the last attempt to bind it; device_lock()
 */
struct lwnpu_host {
	struct list_head node;
	struct platform_device *pdev;
	struct lwnpu_engine_config config;
	int error;
};

/* Of the list; outside of device_lock(). */
static DEFINE_MUTEX(lwnpu_hosts_mutex);
static LIST_HEAD(lwnpu_hosts);

static int lwnpu_host_bind(struct platform_device *pdev,
			   const struct lwnpu_engine_config *config)
{
	struct lwnpu_device *lwnpu;
	int ret;

	lwnpu = devm_drm_dev_alloc(&pdev->dev, &lwnpu_drm_driver,
				   struct lwnpu_device, drm);
	if (IS_ERR(lwnpu))
		return PTR_ERR(lwnpu);
	lwnpu->engine = &lwnpu_user_ops;
	lwnpu->config = *config;
	ret = lwnpu_device_init(lwnpu);
	if (ret)
		return ret;
	lwnpu_debugfs_init(lwnpu);
	ret = drm_dev_register(&lwnpu->drm, 0);
	if (ret)
		return ret;
	platform_set_drvdata(pdev, lwnpu);
	return 0;
}

static struct lwnpu_host *to_lwnpu_host(struct platform_device *pdev)
{
	return *(struct lwnpu_host **)dev_get_platdata(&pdev->dev);
}

static int lwnpu_host_probe(struct platform_device *pdev)
{
	struct lwnpu_host *host = to_lwnpu_host(pdev);

	host->error = lwnpu_host_bind(pdev, &host->config);
	return host->error;
}

static void lwnpu_host_unbind(struct platform_device *pdev)
{
	lwnpu_device_unplug(platform_get_drvdata(pdev));
}

static struct platform_driver lwnpu_host_driver = {
	.probe = lwnpu_host_probe,
	.remove = lwnpu_host_unbind,
	.driver = {
		.name = "lwnpu-user",
		/* START looks at the result. */
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
};

static bool lwnpu_host_matches(const struct lwnpu_engine_config *daemon,
			       const struct lwnpu_engine_config *device)
{
	return !strcmp(daemon->name, device->name) &&
	       !(device->ops & ~daemon->ops);
}

static struct lwnpu_device *
lwnpu_host_attach(struct lwnpu_host *host,
		  const struct lwnpu_engine_config *config,
		  struct lwnpu_ring *ring)
{
	struct device *dev = &host->pdev->dev;
	struct lwnpu_device *lwnpu;
	int ret = -ENODEV;

	device_lock(dev);
	lwnpu = dev_get_drvdata(dev);
	if (!lwnpu)
		ret = host->error ?: -ENODEV;
	else if (lwnpu_host_matches(config, &lwnpu->config))
		ret = lwnpu_user_attach(lwnpu, ring);
	if (!ret)
		drm_dev_get(&lwnpu->drm);
	device_unlock(dev);
	return ret ? ERR_PTR(ret) : lwnpu;
}

static struct lwnpu_host *
lwnpu_host_create(const struct lwnpu_engine_config *config)
{
	struct lwnpu_host *host = kzalloc(sizeof(*host), GFP_KERNEL);
	struct platform_device *pdev;

	if (!host)
		return ERR_PTR(-ENOMEM);
	host->config = *config;
	/* Without memory, the bus does not get as far as lwnpu_host_probe(). */
	host->error = -ENOMEM;
	pdev = platform_device_register_data(NULL, "lwnpu-user",
					     PLATFORM_DEVID_AUTO, &host,
					     sizeof(host));
	if (IS_ERR(pdev)) {
		kfree(host);
		/* A name that it had no memory for is no good name to it. */
		return pdev == ERR_PTR(-EINVAL) ? ERR_PTR(-ENOMEM) :
						  ERR_CAST(pdev);
	}
	host->pdev = pdev;
	list_add_tail(&host->node, &lwnpu_hosts);
	return host;
}

static void lwnpu_host_destroy(struct lwnpu_host *host)
{
	lockdep_assert_held(&lwnpu_hosts_mutex);
	list_del(&host->node);
	platform_device_unregister(host->pdev);
	kfree(host);
}

/* What the administrator has unbound makes room, if room is needed. */
static void lwnpu_host_prune(void)
{
	struct lwnpu_host *host, *next;
	bool bound;

	list_for_each_entry_safe(host, next, &lwnpu_hosts, node) {
		device_lock(&host->pdev->dev);
		bound = device_is_bound(&host->pdev->dev);
		device_unlock(&host->pdev->dev);
		if (!bound)
			lwnpu_host_destroy(host);
	}
}

static struct lwnpu_device *
lwnpu_host_new(const struct lwnpu_engine_config *config,
	       struct lwnpu_ring *ring)
{
	struct lwnpu_device *lwnpu;
	struct lwnpu_host *host;

	if (list_count_nodes(&lwnpu_hosts) >= lwnpu_max_devices)
		lwnpu_host_prune();
	if (list_count_nodes(&lwnpu_hosts) >= lwnpu_max_devices)
		return ERR_PTR(-EBUSY);
	host = lwnpu_host_create(config);
	if (IS_ERR(host))
		return ERR_CAST(host);
	lwnpu = lwnpu_host_attach(host, config, ring);
	if (IS_ERR(lwnpu))
		lwnpu_host_destroy(host);
	return lwnpu;
}

struct lwnpu_device *lwnpu_host_acquire(const struct lwnpu_engine_config *config,
					struct lwnpu_ring *ring,
					bool *taken_over)
{
	struct lwnpu_device *lwnpu = ERR_PTR(-ENODEV);
	struct lwnpu_host *host;

	mutex_lock(&lwnpu_hosts_mutex);
	list_for_each_entry(host, &lwnpu_hosts, node) {
		lwnpu = lwnpu_host_attach(host, config, ring);
		if (!IS_ERR(lwnpu) || lwnpu == ERR_PTR(-EAGAIN))
			break;
	}
	*taken_over = !IS_ERR(lwnpu);
	if (IS_ERR(lwnpu) && lwnpu != ERR_PTR(-EAGAIN))
		lwnpu = lwnpu_host_new(config, ring);
	mutex_unlock(&lwnpu_hosts_mutex);
	return lwnpu;
}

void lwnpu_host_remove(struct lwnpu_device *lwnpu)
{
	struct lwnpu_host *host, *next;

	mutex_lock(&lwnpu_hosts_mutex);
	list_for_each_entry_safe(host, next, &lwnpu_hosts, node)
		if (&host->pdev->dev == lwnpu->drm.dev)
			lwnpu_host_destroy(host);
	mutex_unlock(&lwnpu_hosts_mutex);
}

int lwnpu_host_register(void)
{
	return platform_driver_register(&lwnpu_host_driver);
}

void lwnpu_host_unregister(void)
{
	struct lwnpu_host *host, *next;

	mutex_lock(&lwnpu_hosts_mutex);
	list_for_each_entry_safe(host, next, &lwnpu_hosts, node)
		lwnpu_host_destroy(host);
	mutex_unlock(&lwnpu_hosts_mutex);
	platform_driver_unregister(&lwnpu_host_driver);
}
