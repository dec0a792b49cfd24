import { spawnSync } from 'node:child_process'
import { SYSTEM_PATH } from '../programs/index.ts'

/**
 * The filter of devices of cgroup v2: programs of type BPF_PROG_TYPE_CGROUP_DEVICE that are attached to a group. libvirt
 * attaches one to each guest's group, and goes on changing its map for as long as it finds it there
 * (src/util/vircgroupv2devices.c, virCgroupV2DevicesDetectProg). In a group without one it makes a new one at the next
 * change, which knows of nothing but that change: the guest could open none of the devices that it had before.
 *
 * Node has no way to bpf(2), and perl-base is on every Debian and Ubuntu. Numbers: include/uapi/linux/bpf.h.
 */
const SCRIPT = String.raw`
my ($number, $from, $to) = @ARGV;
my ($ATTACH, $FD_BY_ID, $QUERY, $CGROUP_DEVICE, $ALLOW_MULTI, $MOST) = (8, 13, 16, 6, 2, 64);
sub group { sysopen(my $handle, $_[0], 0) or die "open: $!\n"; return $handle }
sub bpf {
  my ($what, $command) = @_;
  my $result = syscall($number, $command, $_[2], length $_[2]);
  die "$what: $!\n" if $result < 0;
  return $result;
}
sub programs {
  my $ids = "\0" x (4 * $MOST);
  my $question = pack('LLLLQLL', fileno($_[0]), $CGROUP_DEVICE, 0, 0, unpack('Q', pack('P', $ids)), $MOST, 0);
  bpf('BPF_PROG_QUERY', $QUERY, $question);
  return unpack('L' . (unpack('LLLLQLL', $question))[5], $ids);
}
my ($old, $new) = (group($from), group($to));
my @ids = programs($new) ? () : programs($old);
for my $id (@ids) {
  my $program = bpf('BPF_PROG_GET_FD_BY_ID', $FD_BY_ID, my $which = pack('LLL', $id, 0, 0));
  bpf('BPF_PROG_ATTACH', $ATTACH, my $where = pack('LLLLL', fileno($new), $program, $CGROUP_DEVICE, $ALLOW_MULTI, 0));
}
print scalar(@ids);
`

/** bpf(2), by the names that Node has for architectures. */
const SYSCALL: Readonly<Partial<Record<string, number>>> = { x64: 321, arm64: 280 }

/**
 * Attaches the programs of one group to another that has none; how many. Both groups have the same programs then, and
 * the same maps. Throws an Error that says why it could not.
 */
export function copyDeviceFilter(from: string, to: string): number {
  const number = SYSCALL[process.arch]
  if (number === undefined) throw new Error(`the number of bpf(2) on ${process.arch} is not known`)
  const { error, status, stdout, stderr } = spawnSync('perl', ['-we', SCRIPT, String(number), from, to], {
    encoding: 'utf8',
    timeout: 10_000,
    env: { PATH: SYSTEM_PATH, LC_ALL: 'C' },
  })
  if (error !== undefined) throw new Error(`perl: ${error.message}`)
  if (status !== 0) throw new Error(stderr.trim().split('\n')[0] ?? `perl ended with ${status}`)
  return Number(stdout)
}
