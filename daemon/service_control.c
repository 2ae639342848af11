/* SPDX-License-Identifier: Apache-2.0
 *
 * service_control.c - what people tell the running service: another configuration, orders.
 */
#include "daemon/service_private.h"
#include "miner/settings.h"
#include "schemas/error.h"

/* ---- reload ---------------------------------------------------------------------------------- */

void rph_service_take_config(struct rph_service *service)
{
	struct rph_deployment *deployment = service->options.deployment;
	struct rph_mining_params params;
	struct rph_config *before = deployment->config;
	struct rph_config *config = service->reloaded;
	service->reloaded = NULL;
	if (rph_deployment_mining(deployment, config, &params)) {
		rph_config_free(config);
		RPH_SAY(service->options.log, reload_failed, RPH_TEXT("reason", "no memory"));
		return;
	}
	rph_pipeline_set_judge(service->pipeline, &params.judge);
	deployment->config = config;
	/* Other thresholds make other rewrites. */
	service->weeks_known = false;
	if (before != service->original)
		rph_config_free(before);
	if (service->options.on_config)
		service->options.on_config(service->options.context, config);
}

void rph_service_reload(struct rph_service *service, struct rph_config *config)
{
	rph_config_free(service->reloaded);
	service->reloaded = config;
	rph_service_next(service);
}

/* ---- orders ---------------------------------------------------------------------------------- */

static void on_errand_came(uv_async_t *handle)
{
	rph_service_next(handle->data);
}

void rph_service_open_errands(struct rph_service *service)
{
	uv_async_init(service->options.loop, &service->errand_came, on_errand_came);
	service->errand_came.data = service;
	if (service->options.errands)
		rph_errands_wake(service->options.errands, &service->errand_came);
}

bool rph_service_errand_waits(void *context)
{
	const struct rph_service *service = context;
	return service->options.errands && rph_errands_wait(service->options.errands);
}

bool rph_service_take_errand(struct rph_service *service)
{
	struct rph_errands *errands = service->options.errands;
	bool can = service->phase == RPH_SERVICE_RUNNING && service->held == RPH_UNREADY_COUNT;
	struct rph_errand *errand = errands ? rph_errands_take(errands) : NULL;
	for (; errand && !can; errand = rph_errands_take(errands))
		rph_errand_refuse(errand, 503, "the service is not ready; /ready says why");
	if (!errand)
		return false;
	service->errand = errand;
	rph_service_work(service, RPH_JOB_ORDER);
	return true;
}

void rph_service_order_done(struct rph_service *service)
{
	struct rph_errand *errand = service->errand;
	int err = service->job_error;
	service->errand = NULL;
	if (errand->order.kind == RPH_ORDER_REVIEW)
		RPH_SAY(service->options.log, reviewed, RPH_NUMBER("status", errand->status));
	else
		RPH_SAY(service->options.log, forgotten, RPH_NUMBER("status", errand->status));
	errand->on_answer(errand);
	/* Rewrites and pairs are other ones now. */
	service->weeks_known = false;
	if (err == RPH_E_COMMIT_FAILED || err == RPH_E_STATE_CORRUPT)
		rph_service_fail(service, err, rph_strerror(err));
}
