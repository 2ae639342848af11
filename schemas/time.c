/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/time.h"

enum { DAYS_BEFORE_1970 = 719468, DAYS_OF_400_YEARS = 146097 };

#define YEAR_0_MS INT64_C(-62167219200000)
#define YEAR_9999_END_MS INT64_C(253402300799999)
/* Week 0 starts on the Monday before the epoch, which was a Thursday. */
#define WEEK_0_MS (-3 * RPH_DAY_MS)

struct date {
	int year, month, day;
};

static int64_t floor_div(int64_t value, int64_t by)
{
	return value / by - (value % by < 0);
}

/* Years are counted from March, so that the leap day is the last day of its year and the lengths
 * of the months before it are given by one linear formula. */
static int64_t days_of(struct date date)
{
	int64_t year = date.year - (date.month <= 2);
	int64_t era = floor_div(year, 400);
	int64_t year_of_era = year - era * 400;
	int64_t month = (date.month + 9) % 12;
	int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * DAYS_OF_400_YEARS + day_of_era - DAYS_BEFORE_1970;
}

static struct date date_of(int64_t days)
{
	days += DAYS_BEFORE_1970;
	int64_t era = floor_div(days, DAYS_OF_400_YEARS);
	int64_t day_of_era = days - era * DAYS_OF_400_YEARS;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
			       day_of_era / (DAYS_OF_400_YEARS - 1)) /
			      365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	return (struct date){
		.year = (int)(year_of_era + era * 400 + (month >= 10)),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
	};
}

static bool date_exists(struct date date)
{
	if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31)
		return false;
	/* A day that does not exist spills into the next month. */
	return date_of(days_of(date)).day == date.day;
}

rph_week rph_week_of(rph_time_ms at)
{
	RPH_ASSERT(at >= WEEK_0_MS && (at - WEEK_0_MS) / RPH_WEEK_MS <= UINT16_MAX);
	return (rph_week)((at - WEEK_0_MS) / RPH_WEEK_MS);
}

unsigned rph_week_day_of(rph_time_ms at)
{
	int64_t day = (floor_div(at, RPH_DAY_MS) + 3) % 7;
	return (unsigned)(day < 0 ? day + 7 : day);
}

rph_time_ms rph_week_start(rph_week week)
{
	return WEEK_0_MS + week * RPH_WEEK_MS;
}

static void put_digits(char *at, int width, int64_t value)
{
	for (int i = width - 1; i >= 0; i--, value /= 10)
		at[i] = (char)('0' + value % 10);
}

void rph_week_format(rph_week week, char text[static RPH_WEEK_TEXT_SIZE])
{
	/* ISO 8601: a week belongs to the year that holds its Thursday. */
	int64_t thursday = rph_week_start(week) / RPH_DAY_MS + 3;
	int year = date_of(thursday).year;
	int64_t new_year = days_of((struct date){year, 1, 1});
	memcpy(text, "0000-W00", RPH_WEEK_TEXT_SIZE);
	put_digits(text, 4, year);
	put_digits(text + 6, 2, (thursday - new_year) / 7 + 1);
}

/* Takes exactly `width` digits off the front of `text`. */
static bool take_number(struct rph_span *text, size_t width, int *ret)
{
	int value = 0;
	if (text->len < width)
		return false;
	for (size_t i = 0; i < width; i++) {
		if (text->ptr[i] < '0' || text->ptr[i] > '9')
			return false;
		value = value * 10 + (text->ptr[i] - '0');
	}
	*text = (struct rph_span){text->ptr + width, text->len - width};
	*ret = value;
	return true;
}

/* Takes one byte off the front when it is one of `wanted`. */
static bool take_one_of(struct rph_span *text, const char *wanted)
{
	if (text->len == 0 || text->ptr[0] == '\0' || !strchr(wanted, text->ptr[0]))
		return false;
	*text = (struct rph_span){text->ptr + 1, text->len - 1};
	return true;
}

bool rph_week_parse(struct rph_span text, rph_week *ret)
{
	int year, number;
	if (!take_number(&text, 4, &year) || !take_one_of(&text, "-") || !take_one_of(&text, "W") ||
	    !take_number(&text, 2, &number) || text.len > 0 || number < 1 || number > 53)
		return false;
	/* 4 January is always in week 1. */
	rph_time_ms january_4 = days_of((struct date){year, 1, 4}) * RPH_DAY_MS;
	rph_time_ms monday = january_4 - rph_week_day_of(january_4) * RPH_DAY_MS;
	rph_time_ms start = monday + (number - 1) * RPH_WEEK_MS;
	int64_t week = floor_div(start - WEEK_0_MS, RPH_WEEK_MS);
	if (week < 0 || week > UINT16_MAX)
		return false;
	if (number == 53 && date_of(start / RPH_DAY_MS + 3).year != year)
		return false;
	*ret = (rph_week)week;
	return true;
}

static bool take_date(struct rph_span *text, int64_t *ret_days)
{
	struct date date;
	if (!take_number(text, 4, &date.year) || !take_one_of(text, "-") ||
	    !take_number(text, 2, &date.month) || !take_one_of(text, "-") ||
	    !take_number(text, 2, &date.day) || !date_exists(date))
		return false;
	*ret_days = days_of(date);
	return true;
}

/* ".123456" becomes 123; no fraction is 0. */
static bool take_fraction(struct rph_span *text, int *ret_ms)
{
	int ms = 0, digit, scale = 100;
	if (!take_one_of(text, ".")) {
		*ret_ms = 0;
		return true;
	}
	if (!take_number(text, 1, &digit))
		return false;
	do {
		ms += digit * scale;
		scale /= 10;
	} while (take_number(text, 1, &digit));
	*ret_ms = ms;
	return true;
}

static bool take_clock(struct rph_span *text, int64_t *ret_ms)
{
	int hour, minute, second, ms;
	if (!take_number(text, 2, &hour) || !take_one_of(text, ":") ||
	    !take_number(text, 2, &minute) || !take_one_of(text, ":") ||
	    !take_number(text, 2, &second) || !take_fraction(text, &ms))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	second = second == 60 ? 59 : second;
	*ret_ms = ((hour * INT64_C(60) + minute) * 60 + second) * 1000 + ms;
	return true;
}

/* How far the zone is ahead of UTC. */
static bool take_zone(struct rph_span *text, int64_t *ret_ms)
{
	int hour, minute;
	if (take_one_of(text, "Zz")) {
		*ret_ms = 0;
		return true;
	}
	bool behind = text->len > 0 && text->ptr[0] == '-';
	if (!take_one_of(text, "+-") || !take_number(text, 2, &hour) || !take_one_of(text, ":") ||
	    !take_number(text, 2, &minute) || hour > 23 || minute > 59)
		return false;
	int64_t ms = (hour * INT64_C(60) + minute) * 60 * 1000;
	*ret_ms = behind ? -ms : ms;
	return true;
}

bool rph_time_parse(struct rph_span text, bool date_only, rph_time_ms *ret)
{
	int64_t days, clock, zone;
	if (!take_date(&text, &days))
		return false;
	if (text.len == 0) {
		if (date_only)
			*ret = days * RPH_DAY_MS;
		return date_only;
	}
	if (!take_one_of(&text, "Tt ") || !take_clock(&text, &clock) || !take_zone(&text, &zone) ||
	    text.len > 0)
		return false;
	*ret = days * RPH_DAY_MS + clock - zone;
	return true;
}

void rph_time_format(rph_time_ms at, char text[static RPH_TIME_TEXT_SIZE])
{
	at = at < YEAR_0_MS ? YEAR_0_MS : at > YEAR_9999_END_MS ? YEAR_9999_END_MS : at;
	int64_t days = floor_div(at, RPH_DAY_MS);
	int64_t ms = at - days * RPH_DAY_MS;
	struct date date = date_of(days);
	memcpy(text, "0000-00-00T00:00:00.000Z", RPH_TIME_TEXT_SIZE);
	put_digits(text, 4, date.year);
	put_digits(text + 5, 2, date.month);
	put_digits(text + 8, 2, date.day);
	put_digits(text + 11, 2, ms / 3600000);
	put_digits(text + 14, 2, ms / 60000 % 60);
	put_digits(text + 17, 2, ms / 1000 % 60);
	put_digits(text + 20, 3, ms % 1000);
}
