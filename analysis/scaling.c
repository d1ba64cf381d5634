/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/scaling.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

static struct scaling fit_logs(const double *x, const double *y, size_t count, double level)
{
	double intercept, slope, c00, c01, c11, residual;
	gsl_fit_linear(x, 1, y, 1, count, &intercept, &slope, &c00, &c01, &c11, &residual);
	double total = gsl_stats_tss(y, 1, count);
	struct scaling s = { .factor = exp(intercept),
			     .exponent = slope,
			     .r_squared = total > 0 ? 1 - residual / total : 1,
			     .exponent_interval = interval_unknown() };
	if (count < 3)
		return s;
	double reach = gsl_cdf_tdist_Pinv((1 + level) / 2, (double)count - 2) * sqrt(c11);
	s.exponent_interval = (struct interval){ slope - reach, slope + reach };
	return s;
}

struct scaling scaling_fit(const double *x, const double *y, size_t count, double level)
{
	struct scaling s = { (double)NAN, (double)NAN, (double)NAN, interval_unknown() };
	double *logs = malloc((2 * count + 1) * sizeof(*logs));
	bool fit = logs && count > 1, varies = false;
	for (size_t i = 0; i < count && fit; i++) {
		logs[i] = log(x[i]);
		logs[count + i] = log(y[i]);
		fit = x[i] > 0 && y[i] > 0;
		varies = varies || logs[i] > logs[0] || logs[i] < logs[0];
	}
	if (fit && varies)
		s = fit_logs(logs, logs + count, count, level);
	free(logs);
	return s;
}
