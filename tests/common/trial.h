/* SPDX-License-Identifier: MIT */
/*
 * Buffers of a job with known bytes in and around them, to see what a program
 * did: its outputs, and that it wrote nothing else.
 */
#ifndef LW_TRIAL_H
#define LW_TRIAL_H

#include "engine.h"

/**
 * struct lw_trial - a program loaded on an engine, with buffers
 * @ops: the engine
 * @engine: opened by the caller
 * @loaded: the program
 * @program: the same, not owned
 * @bindings: the buffers; each is followed by a guard
 * @memory: what is behind them
 * @foreign: that was not allocated by the engine
 * @result: what the last run said beside its outputs
 */
struct lw_trial {
	const struct lw_engine_ops *ops;
	void *engine;
	void *loaded;
	const struct lw_program *program;
	struct lw_binding bindings[LWNPU_REGION_MAX];
	uint8_t *memory[LWNPU_REGION_MAX];
	bool foreign[LWNPU_REGION_MAX];
	struct lw_run_result result;
};

/**
 * lw_trial_open() - load a program and allocate its buffers
 * @trial: filled in; close with lw_trial_close(), also after a failure
 * @ops: an engine
 * @engine: its opened state
 * @program: a checked program; must outlive the trial
 * @seed: chooses which buffers the engine allocates and which are plain memory
 * @error: filled in on failure
 *
 * Return: 0 or a negative errno value.
 */
int lw_trial_open(struct lw_trial *trial, const struct lw_engine_ops *ops,
		  void *engine, const struct lw_program *program,
		  uint64_t seed, struct lwnpu_error *error);

void lw_trial_close(struct lw_trial *trial);

/**
 * lw_trial_bytes() - what a buffer and its guard hold before a run
 * @trial: an open trial
 * @region: which buffer
 * @seed: as lw_trial_run()
 *
 * Return: malloc()ed bytes, or NULL.
 */
uint8_t *lw_trial_bytes(const struct lw_trial *trial, uint32_t region,
			uint64_t seed);

/**
 * lw_trial_run() - fill all buffers and run
 * @trial: an open trial
 * @seed: of the bytes of inputs, outputs and guards
 * @error: filled in on failure
 *
 * Return: 0 or a negative errno value; -EFAULT if the program changed an
 * input, a guard, or a byte of an output that none of its tensors holds.
 */
int lw_trial_run(struct lw_trial *trial, uint64_t seed,
		 struct lwnpu_error *error);

/* The same for cmocka's tests, which fail with the error's message. */
void lw_trial_must_open(struct lw_trial *trial, const struct lw_engine_ops *ops,
			void *engine, const struct lw_program *program,
			uint64_t seed);
void lw_trial_must_run(struct lw_trial *trial, uint64_t seed);

/**
 * lw_trial_compare() - compare the results of two trials of one program
 * @a: a trial that has run
 * @b: another
 * @error: says where they differ
 *
 * Return: 0 or -EFAULT.
 */
int lw_trial_compare(const struct lw_trial *a, const struct lw_trial *b,
		     struct lwnpu_error *error);

#endif /* LW_TRIAL_H */
