/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/association.h"

#include "miner/log2.h"

static const double ln2 = 0x1.62e42fefa39efp-1;

/* k ln(k / expected), in bits. */
static double cell(double count, double row, double column, double all)
{
	return count > 0.0 ? count * rph_log2(count * all / (row * column)) : 0.0;
}

static double g2_of(const struct rph_association *table)
{
	double both = (double)table->both, left = (double)table->left, right = (double)table->right,
	       all = (double)table->all;
	double sum = cell(both, left, right, all) + cell(left - both, left, all - right, all) +
		     cell(right - both, all - left, right, all) +
		     cell(all - left - right + both, all - left, all - right, all);

	return sum > 0.0 ? 2.0 * ln2 * sum : 0.0;
}

/* log2 of P(X >= both). The terms fall from `both` on, because that is above the mean. */
static double log2_tail(const struct rph_association *table)
{
	double first = rph_log2_choose(table->left, table->both) +
		       rph_log2_choose(table->all - table->left, table->right - table->both) -
		       rph_log2_choose(table->all, table->right);
	uint64_t most = table->left < table->right ? table->left : table->right;
	double term = 1.0, sum = 1.0;

	for (uint64_t k = table->both; k < most && term > sum * 0x1p-50; k++) {
		term *= (double)(table->left - k) / (double)(k + 1) * (double)(table->right - k) /
			(double)(table->all + k + 1 - table->left - table->right);
		sum += term;
	}
	return first + rph_log2(sum);
}

static bool is_table(const struct rph_association *table)
{
	return table->all > 0 && table->all < UINT64_C(1) << 40 && table->both <= table->left &&
	       table->both <= table->right && table->left <= table->all &&
	       table->right <= table->all && table->left + table->right - table->both <= table->all;
}

bool rph_associate(const struct rph_association *table, struct rph_association_result *ret)
{
	if (!is_table(table))
		return false;
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)table->left * table->right;
	bool above = (wide)table->both * table->all > product;
	double g2 = g2_of(table) * 256.0;
	double bits = above ? -log2_tail(table) * RPH_EVIDENCE_BIT : 0.0;

	*ret = (struct rph_association_result){
		.signed_g2 = above ? (int64_t)g2 : -(int64_t)g2,
		.expected = (uint64_t)(product * 256 / table->all),
		.evidence = bits <= 0.0                  ? 0
			    : bits >= (double)UINT32_MAX ? UINT32_MAX
							 : (uint32_t)bits,
	};
	return true;
}

uint32_t rph_fdr_threshold(uint64_t rank, uint64_t tested, uint16_t rate)
{
	RPH_ASSERT(rank >= 1 && tested >= rank && rate >= 1 && rate <= 1000);
	double bits = rph_log2((double)tested * 1000.0 / ((double)rank * rate)) * RPH_EVIDENCE_BIT;
	uint32_t whole = bits > 0.0 ? (uint32_t)bits : 0;

	/* Rounded up, while evidence is rounded down: never in favour of a finding. */
	return whole + (bits > whole);
}

size_t rph_fdr_kept(const uint32_t *evidence, size_t count, uint64_t tested, uint16_t rate)
{
	size_t kept = count;

	while (kept > 0 && evidence[kept - 1] < rph_fdr_threshold(kept, tested, rate))
		kept--;
	return kept;
}
