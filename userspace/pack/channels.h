/* SPDX-License-Identifier: MIT */
/* Channels that several layers share, and can only lose together. */
#ifndef LW_CHANNELS_H
#define LW_CHANNELS_H

#include "graph.h"

/**
 * struct lw_channels - groups of values with the same channels
 * @group: by value id: id of the value that stands for the group
 * @fixed: by that id: something needs all channels as they are
 * @written: by that id: convolutions that write a value of the group
 * @read: by that id: convolutions that read one
 */
struct lw_channels {
	uint32_t *group;
	bool *fixed;
	uint32_t *written, *read;
};

/**
 * lw_channels_find() - group the values of a graph
 * Sums, depthwise layers, pooling, functions of one number and the like tie
 * their inputs and outputs; plain convolutions begin and end a group; all else,
 * inputs and outputs of the model too, fixes what it touches.
 *
 * Return: 0 or -ENOMEM; lw_channels_release() in any case.
 */
int lw_channels_find(struct lw_channels *channels,
		     const struct lw_graph *graph);
void lw_channels_release(struct lw_channels *channels);

/* The group that a value belongs to. */
static inline uint32_t lw_channel_group(const struct lw_channels *channels,
					const struct lw_value *value)
{
	return channels->group[value->id];
}

/* A convolution whose every output has weights for every input. */
static inline bool lw_is_plain_conv(const struct lw_node *node)
{
	return (node->kind == LW_NODE_CONV || node->kind == LW_NODE_TCONV) &&
	       node->groups == 1;
}

/**
 * lw_channels_keep() - remove channels of a group
 * @graph: values, weights, biases, scales and tables lose what belongs to the
 *	others
 * @channels: of the graph; stays true
 * @group: not fixed
 * @keep: [@n] channels that stay, ascending
 */
void lw_channels_keep(struct lw_graph *graph,
		      const struct lw_channels *channels, uint32_t group,
		      const uint32_t *keep, uint32_t n);

#endif /* LW_CHANNELS_H */
