"""The words of the registry. Nothing imports this file: it explains, and it lets an editor resolve the names.

Classes
    ``Interface``    a public object that holds a pointer to its implementation interface (``impl``, at ``offset``)
    ``Direct``       an abstract class without such a pointer: the ONNX parser's
    ``Application``  an interface that the application implements; ``__del__`` marks the place of the destructor
    ``Enum``, ``Struct``  values, and fields with their byte offsets. Below a value of an enum stands what it means, in
                          a line; ``kOTHER = kNAME`` below that is another name for it in Python
Methods stand in the order of their slots, with their C++ names.

Results
    ``Owned[X]``           the caller destroys it; it needs self, and what was set on self, until then; null is failure
    ``Borrowed[X]``        somebody else owns it; null is failure
    ``Borrowed[X] | None`` null is an answer
    ``Ok``                 a bool whose false is failure; a plain ``bool`` is an answer
    ``Verdict``            a bool whose false comes with errors in the log that explain it: no failure
    ``Count``              an int32 whose negative values are failure; ``Count[int64]`` is a wider one
    ``Counted[X]``         a struct whose negative count is failure
    ``None``               void; a call that logged an error has failed
    ``View[T] | None``     an array that the object owns

Parameters
    ``X | None``                      may be null
    ``Bytes``, with its size behind it  host memory that is only read
    ``Address``, ``ConstAddress``     memory whose place the method says, mostly device memory
    ``HostAddress``                   host memory
    ``Array[T]``, ``MutableArray[T]``, ``OutArray[T]``  with the length behind it, or before it and those that share it
    ``Out[T]``                        written before the method returns; ``Out[Count]`` may tell of failure
    ``Const[X]``                      not changed by the method
    ``Held[X]``                       self needs it from then on, instead of what the method was given before (for the
                                      same name, where it takes one); beside Owned[X], the result needs it
    ``Flags[E]``                      a set of E, bit by bit
    ``Raw["..."]``                    a C++ type that only unbound methods use

Decorators
    ``@since(1, 6)``   newer than 1.5
    ``@owned``         the application destroys objects of this class
    ``@standalone``    these need no other object
    ``@sibling``       these need what their maker was made from, not their maker
    ``@callback``      the shim offers a bridge for it
    ``@const``         a const method; without parameters it is a getter, which returns its value directly
    ``@reads``         const in the public class, though not in the implementation interface
    ``@accessor``      a getter with parameters that does so too; an error that it logs is seen in the last error alone
    ``@long``          may take more than 0.1 ms, or call the application back other than with a line for the logger.
                       All else is short: Python keeps its lock meanwhile, and lines for the logger wait for its end.
                       What ends or makes objects outside of the registry is long without saying so: see ``trtx_c.h``
    ``@default``       not pure: the library has a default
    ``@hidden("why")`` stated for the layout, not bound
    ``@deprecated``    bound, and marked so; a method, a class or a struct
    ``@bits``          the values of an enum are bits
    ``@bound("f")``    the C function that serves this export

Accessors of `trtx`
    A getter without parameters is a property there, which can be set if there is a setter with one parameter. Its
    docstring is that of the getter. Only what this does not say needs a word, at the getter:
    ``@by_hand("why")``  no accessor is generated: the class has it by hand, or it is left out
    ``@python("name")``  its name, where ``getNbLayers`` is not to be ``num_layers``; and by keywords
        ``method=True``        it stays a method of its name, a setter too; one that returns ``Ok`` answers True
        ``low=``, ``high=``    what a number may be, ends included, that of a method too; ``high="rank - 1"`` and ``"rank"`` are axes of the input
        ``finite=True``        a float of a layer that must not be infinite
        ``length="rank"``      a size for each dimension of the input, or for as many as the layer has axes
        ``length="spatial"``   one for each dimension of the window that the layer slides
        ``limit=``             most bytes of a text
        ``filled=True``        a text that must not be set to an empty one
        ``unset=True``         dimensions that may be missing: None
        ``computes=True``      reading computes in the library, which does not go beside a build
        ``read_back="why"``    what it was set to is read back, as the library ignores some values. Settings of layers
                               always are
        ``more="..."``         a sentence for Python alone
"""
