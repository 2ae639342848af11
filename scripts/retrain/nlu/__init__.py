# SPDX-License-Identifier: Apache-2.0
"""The reference trainer of an intent and slot model; docs/retraining.md is its manual."""

from nlu import processor

processor.prepare()
