import type { ComputeHost } from '../../../../lab/index.ts'
import type { LibvirtWatch } from './watch-libvirts.ts'

const DIRECTORY = '/var/tmp/drivers-seen'

/**
 * Looks every 50 ms how many processes of the host have the driver of QEMU: libvirtd and virtqemud, whatever their sockets are
 * called, by the programs that they run and the pid namespace that they are in (what Anneal asks an image is in one of its
 * own), and by the driver that they have loaded (`virtqemud --version` has none). One that is seen in two looks counts: a
 * child has its parent's program until it begins its own.
 */
const SCRIPT = `
my ($directory) = @ARGV;
my $host = readlink '/proc/1/ns/pid';
my %before;
open my $seen, '>', "$directory/seen" or die;
select((select($seen), $| = 1)[0]);
until (-e "$directory/end") {
  my (%now, %parent);
  opendir my $proc, '/proc' or die;
  for my $pid (grep { /^\\d+$/ } readdir $proc) {
    my $program = readlink "/proc/$pid/exe" or next;
    next unless $program =~ m{/(libvirtd|virtqemud)( \\(deleted\\))?$};
    next unless (readlink "/proc/$pid/ns/pid" // '') eq $host;
    open my $maps, '<', "/proc/$pid/maps" or next;
    next unless grep { /libvirt_driver_qemu\\.so/ } <$maps>;
    open my $stat, '<', "/proc/$pid/stat" or next;
    my $line = <$stat> // next;
    next unless $line =~ /\\) (\\S) (\\d+)/ && $1 ne 'Z';
    ($now{$pid}, $parent{$pid}) = ($1, $2);
  }
  my @drivers = grep { $before{$_} && !$now{$parent{$_}} } keys %now;
  print $seen scalar(@drivers), "\\n";
  %before = %now;
  select undef, undef, undef, 0.05;
}
`

export async function watchQemuDrivers(host: ComputeHost): Promise<LibvirtWatch> {
  await host.sh(
    `mkdir -p ${DIRECTORY}; rm -f ${DIRECTORY}/*; cat >${DIRECTORY}/watch
    setsid perl ${DIRECTORY}/watch ${DIRECTORY} >/dev/null 2>${DIRECTORY}/errors </dev/null &`,
    { input: SCRIPT },
  )
  return {
    end: async () => {
      await host.sh(`touch ${DIRECTORY}/end`)
      const counts = (await host.sh(`cat ${DIRECTORY}/errors ${DIRECTORY}/seen`))
        .trim()
        .split('\n')
        .map(Number)
      return { looks: counts.length, most: Math.max(...counts) }
    },
  }
}
