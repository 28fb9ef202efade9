"""The files of tki-seal: for each its name, what makes it, and what works it out again."""

from tki_seal import cases

FILES = {
    name: (
        lambda inputs=inputs, work=work: [work(**given) for given in inputs()],
        lambda content, work=work, taken=taken: [
            work(**{name: case[name] for name in taken if name in case}) for case in content
        ],
    )
    for name, inputs, taken, work in cases.FILES
}
