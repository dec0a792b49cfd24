/** Where libvirt looks for hooks (src/util/virhook.c): in `qemu.d` any name counts. */
const HOOKS = '/etc/libvirt/hooks'
const hooksIn = (folder: string): string =>
  `${folder}/qemu ${folder}/qemu.d/* ${folder}/qemu.d/.[!.]* ${folder}/qemu.d/..?*`

const END = '== end of the answer, with status'

/**
 * The script, and a last line: output without it was cut short, or is not this script's at all. It has the exit status, which an engine
 * that missed the container's end does not know.
 */
export const withEnd = (script: string): string => `(${script})
status=$?
printf '\\n%s %s\\n' '${END}' "$status"
exit "$status"
`

/**
 * What a script of `withEnd` printed; undefined where it failed, or did not run to its end. The exit code of its container says no more: Docker
 * gives 255 for one whose end it missed.
 */
export function wholeAnswer({ stdout }: Readonly<{ stdout: string }>): string | undefined {
  const mark = `\n${END} 0\n`
  return stdout.endsWith(mark) ? stdout.slice(0, -mark.length) : undefined
}

/**
 * What is run inside an image to ask it. POSIX sh; every answer stands behind a line `== name`.
 * The embedded driver (https://libvirt.org/drvqemu.html, qemu:///embed) probes QEMU without a daemon.
 */
export const FACTS_SCRIPT = `
command -v virsh >/dev/null || exit 3
echo '== libvirt'; (libvirtd --version || virtqemud --version) 2>/dev/null
virsh -c 'qemu:///embed?root=/tmp/ask' domcapabilities --virttype qemu >/tmp/capabilities 2>/tmp/error || exit 4
emulator=$(sed -n 's:.*<path>\\(.*\\)</path>.*:\\1:p' /tmp/capabilities | head -n 1)
echo '== qemu'; "$emulator" --version
echo '== machines'; "$emulator" -machine help
for hook in ${hooksIn(HOOKS)}; do
  [ ! -x "$hook" ] || { echo '== hook'; echo "$hook"; }
done
for file in /tmp/ask/cache/qemu/capabilities/*.xml; do
  echo "== cache \${file##*/}"; cat "$file"
done
`

/**
 * Starts $daemon and waits until it answers at $uri: it does not before it has read what is there. It is ended with SIGKILL then. $ready
 * is 0 if it has answered; meanwhile() is called before its end.
 */
const RUN_DAEMON = `
"$daemon" >/tmp/log 2>&1 & pid=$!
ready=1
for _ in $(seq 200); do
  virsh -r -c "$uri" uri >/dev/null 2>&1 && ready=0 && break
  kill -0 $pid 2>/dev/null || break
  sleep 0.05
done
meanwhile
kill -9 $pid
`

/**
 * Has the image's libvirt read the status files in /run/libvirt/qemu, and prints its log. It must not act on guests, which it cannot
 * reach anyway.
 */
export const READ_SCRIPT = `
daemon=$(command -v libvirtd || command -v virtqemud) || exit 3
# A client goes to libvirtd's socket, unless it was built otherwise: virtqemud has one of its own.
uri=qemu:///system; case $daemon in */virtqemud) uri="$uri?mode=direct" ;; esac
meanwhile() { :; }
${RUN_DAEMON}
cat /tmp/log
exit $ready
`

/** Prints what kinds of storage pools the image's libvirt has drivers for: nothing where it has no storage driver. */
export const POOLS_SCRIPT = `
uri=qemu:///system
if ! daemon=$(command -v libvirtd); then
  command -v virtqemud >/dev/null || exit 3
  daemon=$(command -v virtstoraged) || exit 0
  uri='storage:///system?mode=direct'
fi
status=1
meanwhile() {
  [ "$ready" = 0 ] || return 0
  virsh -r -c "$uri" pool-capabilities >/tmp/capabilities 2>/tmp/error && status=0
  ! grep -q 'not supported by the connection driver' /tmp/error || status=0
}
${RUN_DAEMON}
[ ! -e /tmp/capabilities ] || cat /tmp/capabilities
exit $status
`

/** Prints the names of the network filters that the image has, one in a line. */
export const FILTERS_SCRIPT = `
for file in /etc/libvirt/nwfilter/*.xml; do
  [ ! -e "$file" ] || echo "\${file##*/}"
done
`

/** https://libvirt.org/formatstoragecaps.html */
export function drivenPools(capabilities: string): readonly string[] {
  return [...capabilities.matchAll(/<pool type='([^']+)' supported='yes'>/g)].map((match) => match[1] ?? '')
}

/** Where the guests to try hooks with are: NUMBER.name and NUMBER.xml. */
export const HOOK_GUESTS = '/tmp/anneal-hooks'

/**
 * Calls each hook for each guest, and prints `tried NUMBER STATUS HOOK`, a tab and its last line. libvirt starts a hook itself: a
 * file that no kernel would start fails there, though a shell would take it for a script. One that hangs would hang libvirt.
 */
export const hookScript = (folder = HOOKS, guests = HOOK_GUESTS): string => `
limit=; ! command -v timeout >/dev/null || limit='timeout -k 1 20'
for hook in ${hooksIn(folder)}; do
  [ -f "$hook" ] && [ -x "$hook" ] || continue
  for file in ${guests}/*.xml; do
    number=\${file##*/}; number=\${number%.xml}
    case $(head -c 4 "$hook" | tr -d '\\000') in
      '#!'* | ?ELF) $limit "$hook" "$(cat "${guests}/$number.name")" reconnect begin - <"$file" >/tmp/hook-output 2>&1; status=$? ;;
      *) echo 'it is neither a script with #! nor a program' >/tmp/hook-output; status=126 ;;
    esac
    printf 'tried %s %s %s\\t%s\\n' "$number" "$status" "$(printf %s "$hook" | tr '\\t\\n' '??')" "$(tail -n 1 /tmp/hook-output | tr -cd '[:print:]' | head -c 200)"
    # It would take as long for each guest.
    [ "$status" != 124 ] || break
  done
done
exit 0
`

/** What hookScript printed: number of the guest, status, hook, and the last line of the hook. */
export function hooksTried(
  output: string,
): readonly Readonly<{ hook: string; guest: number; exitCode: number; said: string }>[] {
  const lines = output.matchAll(/^tried (\d+) (\d+) ([^\t\n]+)\t(.*)$/gm)
  return Array.from(lines, ([, guest, status, hook, said]) => ({
    hook: hook ?? '',
    guest: Number(guest),
    exitCode: Number(status),
    said: said ?? '',
  }))
}

/** The guest's definition, as libvirt gives it to a hook. */
export function definitionIn(statusXml: string): string {
  return /<domain [\s\S]*<\/domain>/.exec(statusXml)?.[0] ?? ''
}

/** libvirt's virdomainobjlist.c virDomainObjListLoadAllConfigs says so of a file that it drops. */
export function refusedNames(log: string): readonly string[] {
  return [...log.matchAll(/Failed to load config for domain '([^']+)'/g)].map((match) => match[1] ?? '')
}

/** A status file that any libvirt since 4.0 loads if it knows the flag. `index` keeps names and ids apart. */
export function statusFileFor(flag: string, name: string, index: number): string {
  const uuid = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
  return `<domstatus state='running' reason='booted' pid='4194303'>
  <monitor path='/var/lib/libvirt/qemu/${name}.sock' type='unix'/>
  <vcpus>
    <vcpu id='0' pid='4194303'/>
  </vcpus>
  <qemuCaps>
    <flag name='${flag}'/>
  </qemuCaps>
  <domain type='qemu' id='${index}'>
    <name>${name}</name>
    <uuid>${uuid}</uuid>
    <memory unit='KiB'>65536</memory>
    <vcpu>1</vcpu>
    <os><type arch='x86_64' machine='pc'>hvm</type></os>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices>
  </domain>
</domstatus>
`
}

/** Answers of FACTS_SCRIPT by section name. */
export function sections(output: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const part of output.split(/^== /m).slice(1)) {
    const end = part.indexOf('\n')
    found.set(part.slice(0, end).trim(), part.slice(end + 1))
  }
  return found
}

/** Column one of `-machine help`, and the alias' targets; the heading and `none` left out. */
export function machineTypes(help: string): readonly string[] {
  return help
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s/)[0] ?? '')
    .filter((name) => name !== '' && name !== 'none')
}
