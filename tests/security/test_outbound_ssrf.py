"""Addresses that lead inside, in every disguise we know: refused before anything is sent (B26, B48)."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from kernel.outbound import AllowList, Outbound, ProviderUnreachable, UrlNotAllowed
from kernel.outbound.addresses import IPAddress, allowed
from kernel.outbound.connect import GuardedBackend
from kernel.testing.web import LocalWeb, reply

REFUSED_BY_TEXT = [
    # other schemes, and HTTP
    "http://example.com/",
    "ftp://example.com/a",
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "gopher://example.com:70/_x",
    "dict://example.com:11211/stat",
    "data:text/plain,hello",
    "jar:https://example.com/a.jar!/b",
    "javascript:alert(1)",
    "ws://example.com/",
    "//example.com/",
    "example.com/a",
    "https:example.com",
    "https:///example.com",
    "",
    "https://",
    # users and passwords
    "https://user@example.com/",
    "https://user:password@example.com/",
    "https://@example.com/",
    "https://example.com@10.0.0.1/",
    "https://example.com%40@127.0.0.1/",
    "https://127.0.0.1#@example.com/",
    # spaces, backslashes, control characters
    "https://example.com\\@127.0.0.1/",
    "https://127.0.0.1\\.example.com/",
    "https://exa mple.com/",
    "https://example.com/\r\nHost: inside",
    "https://example.com/\x00",
    "https://127.0.0.1\t.example.com/",
    # ports
    "https://example.com:22/",
    "https://example.com:80/",
    "https://example.com:8443/",
    "https://example.com:65536/",
    "https://example.com:-1/",
    "https://example.com:443a/",
    # private, loopback, link-local and reserved IPv4
    "https://127.0.0.1/",
    "https://127.8.9.10/",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://0.0.0.0/",
    "https://100.100.100.200/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    # numbers in disguise
    "https://2130706433/",
    "https://017700000001/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://0177.0.0.01/",
    "https://127.1/",
    "https://127.0.1/",
    "https://10.0x000001/",
    "https://127.0.0.1./",
    "https://127.0.0.1../",
    "https://127.0.0.010/",
    "https://256.256.256.256/",
    "https://1.2.3.4.5/",
    "https://example.0x1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://%31%32%37.0.0.1/",
    # IPv6
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://[ff02::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a00:1::1]/",
    "https://[2001::1]/",
    "https://[2001:db8::1]/",
    "https://[2606:4700::5efe:a00:1]/",
    "https://[::1/",
    "https://[not-an-address]/",
    # names of private networks
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://app.localhost/",
    "https://router/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://printer.local/",
    "https://db.service.home.arpa/",
    "https://kubernetes.default.svc.cluster.local/",
    "https://-example.com/",
    "https://exa_mple..com/",
    "https://example.com%2f@10.0.0.1/",
    "https://ex%61mple.com/",
    "https://" + "a" * 64 + ".example.com/",
    "https://example.com/" + "a" * 2048,
]

REFUSED_BY_ADDRESS = {
    "loopback.example.com": ["127.0.0.1"],
    "private.example.com": ["10.0.0.7"],
    "metadata.example.com": ["169.254.169.254"],
    "mapped.example.com": ["::ffff:169.254.169.254"],
    "six-loopback.example.com": ["::1"],
    "unique-local.example.com": ["fd12:3456::1"],
    "nat64.example.com": ["64:ff9b::c0a8:101"],
    "one-of-two.example.com": ["93.184.215.14", "127.0.0.1"],
    "six-and-four.example.com": ["2606:4700::1111", "192.168.0.1"],
    "127.0.0.1.nip.io": ["127.0.0.1"],
    "trailing.example.com.": ["127.0.0.1"],
    "MiXeD.example.com": ["127.0.0.1"],
    "xn--bcher-kva.example.com": ["127.0.0.1"],
    "bücher.example.com": ["127.0.0.1"],
}


def resolver(answers: dict[str, list[str]]):
    async def resolve(host: str, port: int) -> Sequence[IPAddress]:
        asked.append(host)
        return [ip_address(answer) for answer in answers[host]]

    asked: list[str] = []
    return resolve, asked


@pytest.mark.parametrize("url", REFUSED_BY_TEXT)
async def test_an_address_that_leads_inside_is_refused_before_any_look_up(url):
    resolve, asked = resolver({})
    outbound = Outbound(resolve=resolve)
    with pytest.raises(UrlNotAllowed) as caught:
        await outbound.request("GET", url)
    await outbound.aclose()
    assert asked == []
    assert caught.value.problem()["code"] == "url_not_allowed"
    assert caught.value.status == 422


@pytest.mark.parametrize("name", REFUSED_BY_ADDRESS)
async def test_a_name_with_even_one_address_inside_is_refused_after_the_look_up(name):
    known = name.lower().removesuffix(".").encode("idna").decode()
    resolve, asked = resolver({known: REFUSED_BY_ADDRESS[name]})
    outbound = Outbound(resolve=resolve)
    with pytest.raises(UrlNotAllowed):
        await outbound.request("GET", f"https://{name}/")
    await outbound.aclose()
    assert asked == [known]


async def test_a_refused_name_is_never_connected_to():
    async with LocalWeb(lambda asked: reply(200)) as web:
        resolve, _ = resolver({"evil.example.com": ["127.0.0.1"]})
        with pytest.raises(UrlNotAllowed):
            await GuardedBackend(AllowList(), resolve).connect_tcp("evil.example.com", web.port, timeout=5)
    assert web.connections == 0


async def test_a_name_that_answers_differently_the_second_time_is_asked_once_and_connected_where_it_was_checked():
    """The checked address is what is connected to, so a rebinding name never gets the address of its second answer."""
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    asked = 0

    async def rebinding(host: str, port: int) -> Sequence[IPAddress]:
        nonlocal asked
        asked += 1
        return [ip_address(address) for address in answers[min(asked, len(answers)) - 1]]

    async with LocalWeb(lambda asked: reply(200, b"first")) as web:
        allow = AllowList(frozenset({("rebind.example.com", web.port)}))
        outbound = Outbound(allow, resolve=rebinding)
        answer = await outbound.request("GET", f"http://rebind.example.com:{web.port}/")
        await outbound.aclose()
    assert (answer.body, asked) == (b"first", 1)


async def test_a_name_that_turns_inside_for_a_later_connection_is_refused_then():
    turns = [["203.0.113.9"], ["10.0.0.1"]]
    public, private = ([ip_address(a) for a in turn] for turn in turns)

    async def turning(host: str, port: int) -> Sequence[IPAddress]:
        return private

    assert not allowed(public[0])  # documentation addresses are refused too
    with pytest.raises(UrlNotAllowed):
        await GuardedBackend(AllowList(), turning).connect_tcp("turns.example.com", 443, timeout=5)


async def test_of_several_addresses_the_next_is_tried_when_one_is_closed():
    async with LocalWeb(lambda asked: reply(200, b"second")) as web:
        resolve, _ = resolver({"two.example.com": ["127.0.0.2", "127.0.0.1"]})
        outbound = Outbound(AllowList(frozenset({("two.example.com", web.port)})), resolve=resolve)
        answer = await outbound.request("GET", f"http://two.example.com:{web.port}/")
        await outbound.aclose()
    assert answer.body == b"second"


async def test_the_allow_list_opens_one_host_with_one_port_and_nothing_beside_it():
    async with LocalWeb(lambda asked: reply(200, b"in")) as web, LocalWeb(lambda asked: reply(200)) as beside:
        outbound = Outbound(AllowList.of(f"127.0.0.1:{web.port}", "[::1]:9"))
        assert (await outbound.request("GET", f"http://127.0.0.1:{web.port}/")).body == b"in"
        for refused in (
            f"http://127.0.0.1:{beside.port}/",
            f"http://localhost:{web.port}/",
            f"http://127.1:{web.port}/",
        ):
            with pytest.raises(UrlNotAllowed):
                await outbound.request("GET", refused)
        with pytest.raises(ProviderUnreachable):
            await outbound.request("GET", "http://[::1]:9/")
        await outbound.aclose()
    assert beside.connections == 0


async def test_a_name_can_be_looked_up_before_its_address_is_kept():
    resolve, _ = resolver({"good.example.com": ["93.184.215.14"], "evil.example.com": ["10.0.0.1"]})

    async def unknown_too(host: str, port: int) -> Sequence[IPAddress]:
        if host == "nobody.example.com":
            raise OSError("Name or service not known")
        return await resolve(host, port)

    outbound = Outbound(resolve=unknown_too)
    assert (await outbound.look_up("https://good.example.com/v1")).host == "good.example.com"
    with pytest.raises(UrlNotAllowed):
        await outbound.look_up("https://evil.example.com/v1")
    with pytest.raises(ProviderUnreachable):
        await outbound.look_up("https://nobody.example.com/v1")


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "http://127.0.0.1:80", "a b:80", "*:80"]
)
async def test_an_allow_list_that_is_not_hosts_with_ports_is_refused(text):
    with pytest.raises(ValueError, match="not a host with a port"):
        AllowList.of(text)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:443/a?b=c#d",
        "HTTPS://Example.COM/",
        "https://example.com./a",
        "https://sub_domain.example.com/",
        "https://xn--bcher-kva.example/",
        "https://bücher.example/",
        "https://93.184.215.14/",
        "https://[2606:4700:4700::1111]/dns",
        "https://[64:ff9b::5db8:d70e]/",
        "https://1.example.com/",
        "https://example.com/a@b?next=https://10.0.0.1/",
    ],
)
async def test_an_ordinary_address_is_accepted(url):
    target = Outbound().check(url)
    assert target.port == 443
    assert target.host == target.host.lower()
    assert target.url.fragment == ""


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.128.0.1", "2a00:1450::1"]
)
async def test_an_address_of_the_public_internet_is_allowed(address):
    assert allowed(ip_address(address))
