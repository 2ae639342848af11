# SPDX-License-Identifier: Apache-2.0
"""What makes a training fast changes nothing that is computed; the benchmark says what it measured."""

import json
import os
import subprocess
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import toy
import torch
from nlu import batch, linear_fit, models, processor, speed
from nlu.labels import Labels
from nlu.layers import Drop, Layer

FLAGS = "processor\t: 0\nmodel name\t: Some Processor\nflags\t\t: fpu sse2 {}\nprocessor\t: 1\n"


class Kernels(unittest.TestCase):
    def test_they_are_chosen_by_what_the_processor_can_do(self):
        wide = "avx2 fma avx512f avx512dq avx512bw avx512vl avx512cd"
        self.assertEqual(processor.kernels(FLAGS.format(wide)), "SkylakeX")
        self.assertEqual(processor.kernels(FLAGS.format("avx2 fma avx512f")), "Haswell")
        self.assertIsNone(processor.kernels(FLAGS.format("avx")))
        self.assertIsNone(processor.kernels("processor\t: 0\nFeatures\t: fp asimd\n"))


    def test_what_somebody_set_stays_as_it_is(self):
        with mock.patch.dict(os.environ, {"OPENBLAS_CORETYPE": "Zen"}, clear=True):
            processor.prepare()
            self.assertEqual(os.environ["OPENBLAS_CORETYPE"], "Zen")
            self.assertEqual(os.environ["OMP_WAIT_POLICY"], "passive")
        with mock.patch.dict(os.environ, {"OMP_WAIT_POLICY": "active"}, clear=True):
            with mock.patch.object(processor, "CPUINFO", Path("/nowhere")):
                processor.prepare()
            self.assertEqual(dict(os.environ), {"OMP_WAIT_POLICY": "active"})


class Layers(unittest.TestCase):
    def test_a_layer_computes_what_the_layer_of_pytorch_does(self):
        torch.manual_seed(3)
        ours = Layer(32, 4, 0.1).eval()
        theirs = torch.nn.TransformerEncoderLayer(
            32, 4, 128, 0.1, activation="gelu", batch_first=True, norm_first=True
        ).eval()
        theirs.load_state_dict(ours.state_dict())
        line = torch.randn(5, 7, 32)
        mask = torch.arange(7)[None, :] < torch.tensor([7, 1, 3, 6, 2])[:, None]
        with torch.no_grad():
            found, wanted = ours(line, mask), theirs(line, src_key_padding_mask=~mask)
        self.assertTrue(torch.allclose(found[mask], wanted[mask], atol=1e-5))

    def test_dropout_takes_its_share_keeps_the_mean_and_rests_outside_of_training(self):
        torch.manual_seed(4)
        line = torch.ones(1001, 331)
        for share in (0.1, 0.5):
            drop = Drop(share)
            found = drop(line)
            self.assertAlmostEqual(float((found == 0).float().mean()), share, delta=0.01)
            self.assertAlmostEqual(float(found.mean()), 1.0, delta=0.01)
            self.assertEqual(len(found.unique()), 2)
            self.assertTrue(torch.equal(drop.eval()(line), line))
        self.assertTrue(torch.equal(Drop(0.0)(line), line))

    def test_dropout_lets_the_gradient_through_where_it_let_the_number_through(self):
        line = torch.ones(64, 33, requires_grad=True)
        found = Drop(0.25)(line)
        found.sum().backward()
        self.assertTrue(torch.equal(line.grad, found.detach()))


class Fit(unittest.TestCase):
    def test_the_product_and_its_gradient_are_those_of_the_dense_matrix(self):
        examples = speed.made_up(40)
        labels = Labels.of(examples)
        items = [batch.item(one.text, None, labels, one) for one in examples]
        model = models.build(models.Shape(kind="linear", buckets=256, width=8), labels)
        known = np.unique(linear_fit._all(items, 256))
        matrix, turned = linear_fit._matrices(model, items, known)
        dense = torch.zeros(len(items), len(known))
        for row, one in enumerate(items):
            first = int(matrix.starts[row])
            for place in range(first, first + len(one.bag)):
                dense[row, matrix.columns[place].long()] += matrix.values[place]
        votes = torch.randn(len(known), 5, requires_grad=True)
        grad = torch.randn(len(items), 5)
        found = linear_fit._Product.apply(votes, matrix, turned)
        found.backward(grad)
        self.assertTrue(torch.allclose(found, dense @ votes, atol=1e-5))
        self.assertTrue(torch.allclose(votes.grad, dense.T @ grad, atol=1e-5))
        # A text has length one but for features that share a bucket.
        self.assertGreater(float((dense * dense).sum(1).min()), 0.9)


class Benchmark(unittest.TestCase):
    def test_rows_are_made_up_the_same_each_time_with_slots_that_stand_in_the_text(self):
        rows = speed.made_up(200)
        self.assertEqual(rows, speed.made_up(200))
        for row in rows:
            for slot in row.slots:
                self.assertEqual(row.text[slot.start : slot.end], slot.value)

    def test_it_prints_one_line_for_each_case(self):
        command = [str(toy.SCRIPTS / "benchmark"), "--rows=200", "--seconds=0.2", "--threads=1"]
        done = subprocess.run(
            [*command, "--device=cpu"], capture_output=True, text=True, check=False
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([row["kind"] for row in rows], ["linear", "transformer"])
        for row in rows:
            for key in ("prepared_per_second", "examples_per_second", "peak_mib", "minutes_for_500k"):
                self.assertGreater(row[key], 0, key)
            passes = 500_000 * row["epochs"] / row["examples_per_second"] / 60
            self.assertGreaterEqual(row["minutes_for_500k"], round(passes, 1) - 0.2)


if __name__ == "__main__":
    unittest.main()
