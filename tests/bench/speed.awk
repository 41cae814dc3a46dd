# Makes the table of what `speed` measured: awk -v work=FOLDER -v machine=TEXT -v seconds=N
# -v effort=full|quick|check -f speed.awk TITLES SAMPLES. Writes FOLDER/bars.dat and
# FOLDER/curve-*.dat for the picture. With effort=check, a row that is missing, failed or makes
# no sense is an error.

function add(key, value) { list[key] = list[key] " " value; count[key]++ }

# Sets `median`, `least` and `most` of what was added for KEY; 0 if nothing was.
function sum_up(key,   n, i, j, value, sorted) {
    n = split(list[key], sorted, " ")
    for (i = 2; i <= n; i++) {
        value = sorted[i] + 0
        for (j = i - 1; j >= 1 && sorted[j] + 0 > value; j--) sorted[j + 1] = sorted[j]
        sorted[j + 1] = value
    }
    if (n == 0) return 0
    least = sorted[1] + 0
    most = sorted[n] + 0
    median = n % 2 ? sorted[(n + 1) / 2] + 0 : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
    return n
}

function figure(value) {
    return value >= 100 ? sprintf("%.0f", value) : value >= 10 ? sprintf("%.1f", value) : value >= 0.01 ? sprintf("%.2f", value) : "<0.01"
}

function span() { return "(" figure(least) "-" figure(most) ")" }

function error(text) { errors = errors "speed: " text "\n" }

# What belongs to a contestant, in the words of the table.
function name_of(contestant) {
    if (contestant in names) return names[contestant]
    if (sub(/^leakgate-/, "", contestant)) return "leakgate --rigor " contestant
    return contestant
}

BEGIN {
    FS = "\t"
    names["bare"] = "bare fork and wait"
    names["cunit"] = "plain CUnit, no fork"
    names["leakgate-standard"] = "leakgate (--rigor standard)"
    names["leakgate-no-trace"] = "leakgate --no-trace"
    names["leakgate-jobs-2"] = "leakgate --jobs 2"
    names["check"] = "Check, CK_FORK"
    names["criterion"] = "Criterion, one job"
    names["lsan"] = "LeakSanitizer"
    names["asan"] = "AddressSanitizer"
    names["valgrind"] = "valgrind --leak-check=full"
}

FNR == NR { order[++scenarios] = $1; kind[$1] = $2; title[$1] = $3; next }
FNR == 1 { FS = " "; $0 = $0 }

$1 == "large" {
    large_tests = $2
    add("large tail", $4 / 1000); add("large peak", $5 / 1024); add("large anonymous", $6 / 1024)
    add("large shared", $7 / 1024); add("large each", ($5 - $8) * 1024 / $2)
    add("large bytes", $9 / 1048576); add("large file", $10 / 1000)
    add("large read", $11 / 1000); add("large read peak", $12 / 1024)
    next
}
$1 == "instructions" && $2 == "missing" { add("instructions missing", $3 " " $4); next }
$1 == "instructions" { start_instructions = $3; test_instructions = ($4 - $3) / ($2 - 1); next }

# The order of the contestants is that in which they are told to be there, or missing.
{
    row = $1 " " $2
    if (!(row in seen)) { seen[row] = 1; rows[$1] = rows[$1] " " $2 }
}
$3 == "there" { next }
$3 == "missing" { missing[row] = $4 " " $5 " " $6; next }
{
    tests[row] = $3
    # A single run takes a cache that fills for a leak: that is what it takes its time for.
    if ($7 == 2 && $1 == "xml" && $2 ~ /^leakgate-(once|quick)$/) { note[row] = "exit status 2"; $7 = 0 }
    if ($7 != 0 || $10 != 0) { status[row] = $7 != 0 ? $7 : $10; next }
    each = $3 > 1 ? ($5 - $8) / ($3 - 1) : 0
    add(row " command", $5 / 1000)
    add(row " each", each)
    add(row " processor", $6 - $9)
    command[row, $4] = $5
    per_test[row, $4] = each
    if ($4 > rounds[$1]) rounds[$1] = $4
}

# Ratios of one contestant to another, round by round; OF is per_test or command.
function compare(key, scenario, one, other, whole,   round, above, below) {
    for (round = 1; round <= rounds[scenario]; round++) {
        above = whole ? command[scenario " " one, round] : per_test[scenario " " one, round]
        below = whole ? command[scenario " " other, round] : per_test[scenario " " other, round]
        if (above != "" && below > 0) add(key, above / below)
    }
    return sum_up(key)
}

function print_row(scenario, contestant, whole,   row, base) {
    row = scenario " " contestant
    printf "  %-32s", name_of(contestant)
    if (row in missing) { printf " %s\n", missing[row]; return }
    printf " %7d", tests[row]
    if (row in status) {
        printf " exit status %s\n", status[row]
        error(title[scenario] ": " name_of(contestant) ": exit status " status[row])
        return
    }
    base = whole ? "cunit" : "bare"
    if (!sum_up(row " command") || median <= 0) {
        print " nothing"
        error(title[scenario] ": " name_of(contestant) ": nothing")
        return
    }
    # A process for each test takes a processor's time, however busy the machine is.
    if (scenario == "trivial" && contestant ~ /^(bare|leakgate|check|criterion)/ && sum_up(row " processor") && median <= 0)
        error(title[scenario] ": " name_of(contestant) ": no time of a processor per test")
    sum_up(row " command")
    if (!whole) printf " %10s", figure(median)
    if (!whole) sum_up(row " each")
    # The test of an unforked contestant may vanish in the noise; so may few tests of any.
    if (!whole && least <= 0) { print "          - (noise)"; return }
    printf " %10s %-17s", figure(median), span()
    if (compare(row " ratio", scenario, contestant, base, whole)) printf " %7s %s", figure(median), span()
    printf "%s\n", row in note ? "  " note[row] : ""
}

function print_scenario(scenario,   whole, n, i, each) {
    whole = kind[scenario] == "command"
    if (whole) printf "\n%-34s %7s %10s %-17s %7s\n", title[scenario], "tests", "command ms", "(least-most)", "x plain"
    else printf "\n%-34s %7s %10s %10s %-17s %7s\n", title[scenario], "tests", "command ms", "us/test", "(least-most)", "x bare"
    n = split(rows[scenario], each, " ")
    for (i = 1; i <= n; i++) print_row(scenario, each[i], whole)
    if (n == 0) error(title[scenario] ": no rows")
    printf "  rounds: %d\n", rounds[scenario]
}

function print_figure(label, key, unit) {
    if (!sum_up(key)) { error(label ": no figure"); return }
    if (median <= 0) error(label ": " median)
    printf "  %-58s %10s %s %s\n", label, figure(median), unit, span()
}

function print_large() {
    printf "\n%s: memory, and the report\n", title["large"]
    print_figure("the runner's memory, at most, with the ledger", "large peak", "MiB")
    print_figure("  of that, its own", "large anonymous", "MiB")
    print_figure("  of that, the ledger", "large shared", "MiB")
    print_figure("  per test, over that with one test", "large each", "bytes")
    print_figure("from the end of the program to that of leakgate", "large tail", "ms")
    print_figure("  of that, the file, from its making to its last change", "large file", "ms")
    print_figure("the XML", "large bytes", "MiB")
    print_figure("leakgate report reads it in", "large read", "ms")
    print_figure("  with, at most", "large read peak", "MiB")
}

function print_instructions() {
    printf "\nInstructions of the runner alone, by callgrind\n"
    if (count["instructions missing"]) { print "  " list["instructions missing"]; return }
    printf "  %-58s %10.0f\n", "its start and its end, with one test", start_instructions
    printf "  %-58s %10.0f\n", "each clean test more", test_instructions
    if (start_instructions <= 0 || test_instructions <= 0) error("instructions: no figure")
}

# By `median`, where it was `found`; RELATION is <=, < or >=.
function target(text, relation, limit, unit, found,   met) {
    if (!found) { printf "  %-62s %2s %4s %-5s  not measured\n", text, relation, limit, unit; return }
    met = relation == "<=" ? median <= limit : relation == "<" ? median < limit : median >= limit
    printf "  %-62s %2s %4s %-5s %9s %-17s %s\n", text, relation, limit, unit, figure(median), span(), met ? "met" : "not met"
}

# The largest scenario of the kind: how large depends on the effort.
function one_of(prefix,   i, found) {
    for (i = 1; i <= scenarios; i++)
        if (index(order[i], prefix) == 1) found = order[i]
    return found
}

# What a target is to be seen beside: no target itself.
function beside(text, unit, found) {
    if (found) printf "  %-62s %2s %4s %-5s %9s %s\n", "  " text, "", "", unit, figure(median), span()
}

# What was not asked for is no target.
function target_ratio(text, relation, limit, scenario, one, other, whole) {
    if (scenario == "") return
    target(text, relation, limit, "x", compare("target " text, scenario, one, other, whole))
}

function print_targets(   scenario, round) {
    print "Targets, by the median"
    target_ratio("a trivial test, to a bare fork in the same host", "<=", 1.5, one_of("trivial"), "leakgate-standard", "bare")
    target_ratio("a trivial test with --jobs 2, to a bare fork", "<", 1, one_of("trivial"), "leakgate-jobs-2", "bare")
    scenario = one_of("mappings")
    target_ratio(lower(title[scenario]) ", to a bare fork", "<=", 1.5, scenario, "leakgate-standard", "bare")
    scenario = one_of("resident")
    target_ratio(lower(title[scenario]) ", to a bare fork", "<=", 1.1, scenario, "leakgate-standard", "bare")
    if (large_tests) target("the runner's memory for each of " lower(title["large"]), "<=", 1024, "bytes", sum_up("large each"))
    if (large_tests) target("from the end of " lower(title["large"]) " to the end, XML written", "<", 2000, "ms", sum_up("large tail"))
    for (round = 1; round <= rounds["start"]; round++)
        if ((("start leakgate-standard", round) in command) && (("start cunit", round) in command))
            add("start more", (command["start leakgate-standard", round] - command["start cunit", round]) / 1000)
    if ("start" in kind) target("start-up with the first test, over the plain program", "<=", 5, "ms", sum_up("start more"))
    target_ratio("the real suite, to LeakSanitizer", "<=", 1, one_of("xml"), "leakgate-standard", "lsan", 1)
    beside("with --jobs 2", "x", compare("beside jobs", "xml", "leakgate-jobs-2", "lsan", 1))
    beside("a bare fork for each of its tests, to LeakSanitizer", "x", compare("beside bare", "xml", "bare", "lsan", 1))
    target_ratio("the real suite, to a bare fork for each of its tests", "<=", 1.5, one_of("xml"), "leakgate-standard", "bare", 1)
    target_ratio("the real suite, to AddressSanitizer", "<=", 1, one_of("xml"), "leakgate-standard", "asan", 1)
    target_ratio("the real suite, valgrind to it", ">=", 10, one_of("xml"), "valgrind", "leakgate-standard", 1)
    target_ratio("a trivial test, Check to it", ">=", 1.5, one_of("trivial"), "check", "leakgate-standard")
    target_growth("tests", "cost of all, by the number of tests")
    target_growth("mappings", "cost of a test, by the number of mappings")
    target_growth("resident", "cost of a test, by the memory resident")
}

function lower(text) { return tolower(substr(text, 1, 1)) substr(text, 2) }

# The exponent of growth over the last ten-fold: 1 is linear; a tenth is left to noise.
function growth(curve, contestant,   n, i, x, low, high, cost) {
    n = points[curve]
    for (i = 1; i <= n; i++) {
        x = point[curve, i]
        if (!sum_up("curve-" curve "_" x " " contestant " each")) continue
        cost[x] = curve == "tests" ? median * x : median
        high = x
    }
    for (i = 1; i <= n; i++) {
        x = point[curve, i]
        if ((x in cost) && x * 10 <= high) low = x
    }
    if (low == "" || cost[low] <= 0 || cost[high] <= 0) return 0
    median = least = most = log(cost[high] / cost[low]) / log(high / low)
    return 1
}

function target_growth(curve, text) {
    if (points[curve] > 1) target("exponent: " text, "<=", 1.1, "", growth(curve, "leakgate-standard"))
    beside("that of a bare fork", "", points[curve] > 1 && growth(curve, "bare"))
}

function print_curves(   i, j, n, curve, scenario, x, file, each) {
    n = split("tests mappings resident", each, " ")
    printf "\n%-34s %10s %14s %14s %14s\n", "Curves: us per test", "", "bare", "leakgate", "--jobs 2"
    for (i = 1; i <= n; i++) {
        curve = each[i]
        file = work "/curve-" curve ".dat"
        for (j = 1; j <= points[curve]; j++) {
            x = point[curve, j]
            scenario = "curve-" curve "_" x
            printf "  %-32s %10d %14s %14s %14s\n", curve (curve == "resident" ? ", MiB" : ""), x, cell(scenario, "bare"), cell(scenario, "leakgate-standard"), cell(scenario, "leakgate-jobs-2")
            if (!count[scenario " bare command"] || !count[scenario " leakgate-standard command"]) error("curve of " curve ": nothing at " x)
            print x, plain(scenario, "bare"), plain(scenario, "leakgate-standard"), plain(scenario, "leakgate-jobs-2") >file
        }
        close(file)
    }
}

function cell(scenario, contestant) { return sum_up(scenario " " contestant " each") && median > 0 ? figure(median) : "-" }
function plain(scenario, contestant) { return sum_up(scenario " " contestant " each") && median > 0 ? median : "NaN" }

# Trivial tests, for the picture.
function write_bars(   n, i, each, file) {
    file = work "/bars.dat"
    n = split(rows["trivial"], each, " ")
    for (i = n; i >= 1; i--)
        if (sum_up("trivial " each[i] " each") && median > 0)
            printf "\"%s\" %f %d\n", name_of(each[i]), median, each[i] ~ /^leakgate/ ? 1 : each[i] == "bare" ? 2 : 3 >file
    close(file)
}

# Points in the order of their numbers.
function find_points(   row, parts, curve, x, i) {
    for (row in seen) {
        if (row !~ /^curve-/) continue
        split(row, parts, /[-_ ]/)
        curve = parts[2]; x = parts[3] + 0
        if ((curve, x) in known) continue
        known[curve, x] = 1
        for (i = ++points[curve]; i > 1 && point[curve, i - 1] > x; i--) point[curve, i] = point[curve, i - 1]
        point[curve, i] = x
    }
}

END {
    find_points()
    printf "%s; %d seconds in all%s\n\n", machine, seconds, effort == "full" ? "" : "; a " effort " run, its figures are rough"
    print_targets()
    for (s = 1; s <= scenarios; s++) {
        if (kind[order[s]] == "large") print_large()
        else if (kind[order[s]] == "instructions") print_instructions()
        else if (kind[order[s]] == "curve") print_curves()
        else print_scenario(order[s])
    }
    write_bars()
    printf "%s", errors >"/dev/stderr"
    exit effort == "check" && errors != ""
}
