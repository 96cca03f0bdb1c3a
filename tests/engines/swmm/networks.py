"""Small drainage networks of our own, as SWMM input text."""

from __future__ import annotations

_OPTIONS = """[OPTIONS]
FLOW_UNITS           {unit}
INFILTRATION         HORTON
FLOW_ROUTING         DYNWAVE
LINK_OFFSETS         DEPTH
ALLOW_PONDING        {ponding}
START_DATE           01/01/2020
END_DATE             01/02/2020
WET_STEP             00:05:00
DRY_STEP             01:00:00
ROUTING_STEP         0:00:15
REPORT_STEP          00:05:00
"""

#: Two streets into a pond with a gate, and an underpass with its own pump: metric, with ponding and rules.
STREET = (
    "[TITLE]\n;;two streets, a pond, an underpass\n\n"
    + _OPTIONS.format(unit="CMS", ponding="YES")
    + """
[RAINGAGES]
north  INTENSITY 0:05 1.0 TIMESERIES storm
south  INTENSITY 0:05 1.0 TIMESERIES storm

[SUBCATCHMENTS]
s1 north a 8 70 300 0.5 0
s2 south b 6 80 250 0.5 0
s3 south u 2 90 120 0.5 0
[SUBAREAS]
s1 0.013 0.2 1 3 25 OUTLET
s2 0.013 0.2 1 3 25 OUTLET
s3 0.013 0.2 1 3 25 OUTLET
[INFILTRATION]
s1 60 6 4 7 0
s2 60 6 4 7 0
s3 60 6 4 7 0

[JUNCTIONS]
a 3.0 2.5 0 0 400
b 2.6 2.5 0 0 400
u 1.0 1.5 0 0 600
c 0.6 3.0 0 0 0
[STORAGE]
p 1.5 3.0 0.2 FUNCTIONAL 0 0 1500 0 0
[OUTFALLS]
o 0.0 FREE NO

[CONDUITS]
ab a b 200 0.013 0 0 0 0
bp b p 150 0.013 0 0 0 0
co c o 100 0.013 0 0 0 0
[ORIFICES]
gate p c SIDE 0 0.65 NO 0
[PUMPS]
lift u c lift_curve ON 0.3 0.1
[XSECTIONS]
ab CIRCULAR 0.6 0 0 0 1
bp CIRCULAR 0.8 0 0 0 1
co CIRCULAR 0.8 0 0 0 1
gate CIRCULAR 0.5 0 0 0
[CURVES]
lift_curve PUMP4 0 0.05
lift_curve 1 0.10
[TIMESERIES]
storm 0:00 10
storm 1:00 0

[CONTROLS]
RULE half_at_first
IF SIMULATION TIME < 0:10
THEN ORIFICE gate SETTING = 0.5

RULE full_pond
IF NODE p DEPTH > 2.0
THEN ORIFICE gate SETTING = 1.0
PRIORITY 5

[COORDINATES]
a 0 100
b 100 100
u 200 0
p 150 100
c 200 50
o 300 50
[POLYGONS]
s1 -10 90
s1 10 90
s1 10 110
s1 -10 110
"""
)

#: The same kind of thing in cubic feet per second, without ponding and without rules; two sections doubled.
FEET = (
    _OPTIONS.format(unit="CFS", ponding="NO")
    + """
[RAINGAGES]
g VOLUME 0:15 1.0 TIMESERIES t
[SUBCATCHMENTS]
s1 g a 12 60 600 0.6 0
[SUBCATCHMENTS]
s2 g b 9 60 500 0.6 0
[SUBAREAS]
s1 0.012 0.2 0.05 0.1 25 OUTLET
s2 0.012 0.2 0.05 0.1 25 OUTLET
[INFILTRATION]
s1 2 0.3 4 7 0
s2 2 0.3 4 7 0
[JUNCTIONS]
a 20 6 0 0 0
[Junctions]
b 17 6 0 0 0
[OUTFALLS]
o 14 FREE NO
[CONDUITS]
ab a b 500 0.013 0 0 0 0
bo b o 500 0.013 0 0 0 0
[XSECTIONS]
ab CIRCULAR 1.5 0 0 0 1
bo CIRCULAR 2.0 0 0 0 1
[TIMESERIES]
t 0:00 0.1
t 0:15 0
[DWF]
a FLOW 0.5
"""
)
