"""Learning runs on the device that it is given, gradients included. No GPU is needed: on torch's device without values every operation
is watched for a tensor that lives elsewhere."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from core.learning.naming_problem import CLASS_FOLDS, FOLDS, NamingProblem
from core.learning.ranking import Choice, RankingProblem
from core.learning.refinement import RefinementProblem, Residual
from tests.core import named_things

ELSEWHERE = torch.device("meta")


class OneDevice(TorchDispatchMode):
    """Refuses an operation between tensors of two devices, as CUDA does; a number in a tensor of its own may come from anywhere."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        tensors = [x for x in tree_leaves((args, kwargs or {})) if isinstance(x, torch.Tensor) and x.dim()]
        assert len({x.device.type for x in tensors}) < 2 or func is torch.ops.aten.copy_.default, f"{func} mixes devices"
        return func(*args, **(kwargs or {}))


def ranking(device):
    rng = np.random.default_rng(1)
    return RankingProblem([Choice(rng.normal(size=(n, 5)), picked=0, rule=0) for n in (3, 2, 4, 2)], device)


def refinement(device):
    rng = np.random.default_rng(2)
    return RefinementProblem([Residual(features=rng.normal(size=4), shift=rng.normal(size=2)) for _ in range(5)], device)


def naming(device):
    return NamingProblem(named_things.looks(), device)


@pytest.mark.parametrize(("made", "models"), [(ranking, 3), (refinement, 3), (naming, FOLDS + CLASS_FOLDS + 1)])
def test_losses_and_gradients_stay_on_the_device_that_learning_is_given(made, models):
    problem = made(ELSEWHERE)
    parameters = {k: v.requires_grad_() for k, v in problem.start(models, torch.Generator().manual_seed(1), ELSEWHERE).items()}
    with OneDevice():
        (problem.losses(parameters, slice(0, 2)).sum() + problem.penalty(parameters).sum()).backward()
    assert {p.device for p in parameters.values()} == {ELSEWHERE}
    assert {p.grad.device for p in parameters.values()} == {ELSEWHERE}


def test_the_watch_sees_a_tensor_that_lives_elsewhere():
    with pytest.raises(AssertionError, match="mixes devices"), OneDevice():
        torch.zeros(2, 3, device=ELSEWHERE) @ torch.zeros(3, 2)
