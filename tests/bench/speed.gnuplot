# The picture of what speed.awk has written to `work`: SVG on the standard output.
set terminal svg size 1000,760 noenhanced font "sans-serif,12" background "white"
set multiplot layout 2,2 title "leakgate's speed; ".machine font ",15" margins 0.20,0.97,0.06,0.90 spacing 0.08,0.12

grey = "#8c8c8c"
set border 3 linecolor rgb grey
set tics nomirror textcolor rgb "black"
set style line 1 linecolor rgb "#1f5fa8" linewidth 2 pointtype 7 pointsize 0.5
set style line 2 linecolor rgb "#707070" linewidth 2 pointtype 7 pointsize 0.5
set style line 3 linecolor rgb "#d9730d" linewidth 2 pointtype 7 pointsize 0.5
color(kind) = kind == 1 ? 0x1f5fa8 : kind == 2 ? 0x404040 : 0xb0b0b0
is_there(file) = system("test -s ".file." && echo yes") eq "yes"

# A trivial test, by who runs it.
set title "microseconds per trivial test"
set logscale x
set xrange [0.1:300000]
set yrange [-0.6:*]
set xtics 1,100 format "%.0s%c"
unset key
bars = work."/bars.dat"
if (is_there(bars)) {
    plot bars using (0.1):0:(0.1):2:($0-0.35):($0+0.35):(color($3)):ytic(1) \
             with boxxyerror fillstyle solid noborder linecolor rgb variable, \
         bars using 2:0:(sprintf($2 < 10 ? " %.1f" : " %.0f", $2)) with labels left font ",10"
} else {
    set multiplot next
}

set logscale y
set grid linecolor rgb "#dddddd"
set key bottom right Left reverse samplen 2
set xrange [*:*]
set yrange [10:*]
set xtics 1,10 format "%.0s%c"
set ytics 1,10 format "%.0s%c"
what = "tests mappings resident"
by = "'number of tests' 'mappings of the host' 'MiB resident in the host'"
do for [i = 1:3] {
    data = work."/curve-".word(what, i).".dat"
    if (!is_there(data)) { set multiplot next; continue }
    set title "microseconds per test, by ".word(by, i)
    has_jobs = system("awk '$4 != \"NaN\"' ".data) ne ""
    plot data using 1:2 with linespoints linestyle 2 title "bare fork and wait", \
         data using 1:3 with linespoints linestyle 1 title "leakgate", \
         data using 1:(has_jobs ? $4 : NaN) with linespoints linestyle 3 title (has_jobs ? "leakgate --jobs 2" : "")
}
unset multiplot
