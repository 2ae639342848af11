/* SPDX-License-Identifier: Apache-2.0
 *
 * privacy.h - which items may be published so that the set of them says next to nothing about any
 * one user: differentially private set union with the policy-Laplace mechanism (S. Gopi, P. Gulhane,
 * J. Kulkarni, J. H. Shen, M. Shokouhi, S. Yekhanin, 2020).
 *
 * Every user gives a weight of at most 1 altogether to at most max_items items. An item that reached
 * the cut-off takes no more, so that its users serve others with what is left. An item is published
 * when its weight plus Laplace noise of scale 1/epsilon exceeds the threshold
 *
 *   rho = max over t = 1..max_items of 1/t + ln(1 / (2 (1 - (1 - delta)^(1/t)))) / epsilon
 *
 * which makes one publication (epsilon, delta) private for a user. The cut-off is rho + 2/epsilon.
 * Only the set is private: the figures beside an item are not. Two publications compose: their
 * epsilons and deltas add up.
 *
 * The noise is a keyed pseudo-random function of the item and the publication. Making the same
 * publication again gives the same set; nobody without the key can know the noise.
 */
#ifndef RPH_MINER_PRIVACY_H
#define RPH_MINER_PRIVACY_H

#include "schemas/id.h"

struct rph_privacy_params {
	uint32_t epsilon;        /* of one publication, in 1/1000; 1 or more */
	uint16_t delta_exponent; /* delta = 10^-delta_exponent; 1..15 */
	uint16_t max_items;      /* 1..1000 */
};

/* rho, in users. */
double rph_privacy_threshold(const struct rph_privacy_params *params);

/* One user spoke for one item; items are numbered by the caller. */
struct rph_privacy_gift {
	uint64_t user;
	uint32_t item;
};

/* Sorts `gifts` and fills weights[0..items). A user listed twice for an item counts once. Of more
 * than max_items items a user serves those that a hash of user and item puts first. */
void rph_privacy_weigh(const struct rph_privacy_params *params, struct rph_privacy_gift *gifts,
		       size_t count, double *weights, size_t items);

/* Laplace noise of scale 1, from 64 pseudo-random bits. Within +-45. */
double rph_privacy_noise(uint64_t bits);

/* Whether an item of this weight is published; `bits` as above, of item and publication. */
bool rph_privacy_releases(const struct rph_privacy_params *params, double weight, uint64_t bits);

/* The bits: SipHash-2-4 of both ids and the publication's number under `key`. */
uint64_t rph_privacy_bits(const uint8_t key[static 16], const struct rph_id *source,
			  const struct rph_id *target, uint64_t publication);

#endif
