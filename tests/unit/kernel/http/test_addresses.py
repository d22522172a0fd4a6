"""Whose address a request comes from, behind proxies that are ours and those that aren't."""

from __future__ import annotations

import pytest

from kernel.auth import admits
from kernel.http.addresses import forwarded_client, normalise, parse_networks
from kernel.http.hosts import host_name

PROXIES = parse_networks(["10.0.0.0/8", "fd00::/8", "192.0.2.7"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1", "10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", ["127.0.0.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
        ("10.0.0.1", ["garbage, 10.0.0.3"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["2001:DB8:0:0::1"], "2001:db8::1"),
        ("192.0.2.7", ["198.51.100.1"], "198.51.100.1"),
        ("192.0.2.8", ["198.51.100.1"], "192.0.2.8"),
        ("/run/socket", ["198.51.100.1"], "unknown"),
        ("10.0.0.1", ["1.1.1.1," * 5000], "10.0.0.1"),
    ],
)
def test_the_client_is_the_rightmost_hop_that_is_not_ours(peer: str, forwarded: list[str], client: str) -> None:
    assert forwarded_client(peer, forwarded, PROXIES) == client


def test_without_trusted_proxies_nothing_forwarded_is_read() -> None:
    assert forwarded_client("127.0.0.1", ["198.51.100.1"], ()) == "127.0.0.1"


@pytest.mark.parametrize("network", ["*", "", "10.0.0.0/33", "localhost", "10.0.0"])
def test_what_is_no_network_can_not_be_trusted(network: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_networks([network])


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("198.51.100.1", "198.51.100.1"),
        (" 198.51.100.1 ", "198.51.100.1"),
        ("::ffff:c633:6401", "198.51.100.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:0db8::0001", "2001:db8::1"),
        ("010.0.0.1", None),
        ("1.2.3", None),
        ("2130706433", None),
        ("0x7f.1", None),
        ("example.com", None),
        ("", None),
    ],
)
def test_an_address_has_one_spelling(text: str, address: str | None) -> None:
    assert normalise(text) == address


@pytest.mark.parametrize(
    ("networks", "address", "admitted"),
    [
        ((), "203.0.113.5", True),
        ((), "unknown", True),
        (("203.0.113.0/24",), "203.0.113.5", True),
        (("203.0.113.0/24",), "203.0.114.5", False),
        (("203.0.113.5",), "203.0.113.5", True),
        (("2001:db8::/32", "10.0.0.0/8"), "2001:db8::1", True),
        (("10.0.0.0/8",), "2001:db8::1", False),
        (("0.0.0.0/0",), "unknown", False),
    ],
)
def test_a_workspace_admits_the_addresses_of_its_networks(
    networks: tuple[str, ...], address: str, admitted: bool
) -> None:
    assert admits(networks, address) is admitted


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("Example.COM", "example.com"),
        ("example.com.:443", "example.com"),
        ("[::1]:8080", "::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("a@example.com", None),
        ("example.com/x", None),
        ("example.com?x", None),
        ("example.com:x", None),
        ("example.com:99999", None),
        ("[::1", None),
        ("", None),
    ],
)
def test_a_host_field_is_a_name_and_perhaps_a_port(field: str, name: str | None) -> None:
    assert host_name(field) == name
