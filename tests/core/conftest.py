"""What tests of `core` share."""

import pytest


@pytest.fixture
def one_thread():
    """Torch on one thread, as in the trainer; tensors this small are slower on two."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
