#!/bin/sh
# Boot options that ipmitool sets on OpenIPMI's simulator of a BMC.
# Versions: OpenIPMI 2.0.33, ipmitool 1.8.19 (Debian 12).
# Guess:    what `bootdev pxe options=efiboot,persistent` sets, `bootparam get 5` shows, as on a BMC.
# Seen:     the device alone is kept: the flags are invalid, for the next boot, legacy. The program behind chassis_control is
#           told the device only, and "default" for a disk, which is its word for no choice, too. Exit code 0.
# Matters:  what deploys UEFI machines passes its tests on the simulator with or without these options, and a read-back of
#           them, as careful clients do, fails.
# Anneal:   its test bed tries IPMI with this simulator; what stays for all boots it tries by Redfish.
# Short:    OpenIPMI 2.0.33, ipmitool 1.8.19 | `bootparam get 5` shows what `options=efiboot,persistent` set | invalid, for the next boot, legacy; the device alone is kept
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

cd "$dir"
cat >chassis <<'CHASSIS'
#!/bin/sh
here=${0%/*}
case $2 in
get) for what in $3 $4; do [ "$what" = boot ] && echo "boot:$(cat "$here/boot")" || echo "$what:0"; done ;;
set) echo "$4" >"$here/$3" ;;
esac
CHASSIS
chmod +x chassis
echo default >boot
start_ipmi_sim example "chassis_control \"$dir/chassis 0x20\""
guess 'persistent, EFI, valid'

ask() { IPMI_PASSWORD=example ipmitool -I lanplus -H 127.0.0.1 -p "$port" -U admin -E chassis "$@" 2>>log; }
for _ in 1 2 3 4 5; do
  ask status >/dev/null && break
  kill -0 "$server" 2>/dev/null || skip "ipmi_sim does not run here: $(tail -n 1 log)"
  sleep 1
done
ask bootdev pxe options=efiboot,persistent >/dev/null && status=0 || status=$?
seen 'exit code' 0 "$status"
ask bootparam get 5 >shown
for word in 'Force PXE' 'Boot Flag Invalid' 'only next boot' 'legacy'; do
  seen "\"$word\" is shown" yes "$(grep -q "$word" shown && echo yes || echo no)"
done
seen 'what the chassis was told' pxe "$(cat boot)"
ask bootdev disk options=efiboot,persistent >/dev/null
seen 'what it was told for disk' default "$(cat boot)"
