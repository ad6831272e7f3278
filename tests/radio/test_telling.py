"""The thread that tells what a radio hears."""

from threading import Event, current_thread

from lapel.ports.air import Gone, Heard
from lapel.radio.telling import Teller


def test_all_is_told_in_order_by_a_thread_of_that_name() -> None:
    heard: list[tuple[str, Heard]] = []
    done = Event()

    def hear(one: Heard) -> None:
        heard.append((current_thread().name, one))
        if one == Gone(99):
            done.set()

    tell = Teller("radio-heard", hear)
    for number in range(100):
        tell(Gone(number))

    assert done.wait(5)
    assert heard == [("radio-heard", Gone(number)) for number in range(100)]
    tell.close()


def test_nothing_is_told_after_the_end_though_it_waited() -> None:
    heard: list[Heard] = []
    begun, go_on = Event(), Event()

    def hear(one: Heard) -> None:
        heard.append(one)
        begun.set()
        go_on.wait(5)

    tell = Teller("radio-heard", hear)
    for number in range(3):
        tell(Gone(number))
    assert begun.wait(5)
    assert tell.behind == 2
    tell.close()
    go_on.set()
    tell(Gone(4))

    assert heard == [Gone(0)]
