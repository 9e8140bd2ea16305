"""Makers of specimens: what they write, what they print, what they refuse."""

import numpy as np
import torch

from neurosim import ann
from neurosim.files import read_safetensors, sha256
from neurosim.workflows.making import run_maker
from neurosim.workflows.specimens import from_weights

NAME = "digits_resnet"


def made(order):
    """A network with weights that tell what was ordered."""
    torch.manual_seed(0)
    module = ann.architecture(NAME).build().eval()
    module.linear.bias.data.fill_(float(order.quick))
    return module


def maker(tmp_path, *arguments, **changes):
    seen = []
    status = run_maker(
        str(tmp_path / "make_net.py"),
        "Make a net.",
        lambda order: seen.append(order) or made(order),
        architecture=NAME,
        data="digits",
        arguments=list(arguments),
        **changes,
    )
    return status, seen


def test_a_maker_writes_beside_itself_and_prints_what_the_card_says(tmp_path, capsys):
    status, (order,) = maker(tmp_path)
    assert (status, order.quick, order.train, order.test) == (0, False, "digits:train", "digits:test")
    path = tmp_path / "net.safetensors"
    first, second, third = capsys.readouterr().out.splitlines()
    known = from_weights(path, NAME, "digits", 500, 10)
    assert first == str(path)
    assert second == f"accuracy {known.accuracy:.2%} of 500"
    assert third == f"sha256 {sha256(path)}" == f"sha256 {known.sha256}"
    tensors, metadata = read_safetensors(path)
    assert metadata == {"architecture": NAME}
    assert np.array_equal(tensors["linear.bias"], np.zeros(10))


def test_a_quick_maker_uses_little_of_the_stand_in(tmp_path, capsys):
    (tmp_path / "out").mkdir()
    arguments = ("--quick", "--output", str(tmp_path / "out"), "--checkpoint", "c.pt")
    status, (order,) = maker(tmp_path, *arguments, stand_in="digits")
    assert (status, order.quick, order.checkpoint.name) == (0, True, "c.pt")
    assert (order.train, order.test) == ("digits:train[:256]", "digits:test[:100]")
    assert capsys.readouterr().out.splitlines()[0] == str(tmp_path / "out" / "net.safetensors")


def test_mistakes_are_one_line(tmp_path, capsys):
    assert maker(tmp_path, "--quick") == (2, [])
    assert capsys.readouterr().err == (
        "make_net.py: --quick makes no weights worth shipping: give --output DIR\n"
    )
    assert maker(tmp_path, "--output", "/nowhere") == (2, [])
    assert capsys.readouterr().err == (
        "make_net.py: --output /nowhere: there is no such folder: make it first\n"
    )
