/**
 * What GRUB does with a command that decides nothing here. A name that is no command is looked for among the functions;
 * one that is neither succeeds in GRUB, with a message on the screen.
 */

/** They succeed, and change nothing that boots. */
export const WITHOUT_EFFECT = new Set(
  `rmmod echo true : save_env list_env load_video terminal_input terminal_output background_image
  background_color loadfont font play clear serial terminfo sleep normal lsmod lsfonts lsmmap ls cat help date
  cutmem badram keymap lsefi lsefisystab lspci lsacpi password password_pbkdf2 authenticate halt reboot exit poweroff
  normal_exit fwsetup rdmsr wrmsr outb outl outw inb setpci hdparm parttool gptsync hashsum md5sum sha1sum sha256sum
  sha512sum hexdump dump blocklist videoinfo videotest vbeinfo pcidump acpi loadbios fakebios fix_video gettext
  cbmemc coreboot_boottime usb at_keyboard nativedisk time read_byte write_byte read_word write_word read_dword
  write_dword tr cmp file hello testload testspeed sendkey suspend trust distrust list_trusted
  verify_detached backtrace boottime smbios efivar version connectefi tpm_measure macppcbless mactelbless
  eval setparams shift return break continue boot`.split(/\s+/),
)

/** They ask the machine or whoever sits before it: no key is pressed, nobody answers. */
export const ANSWERED_NO = new Set(
  'false keystatus cmosclean cmosdump cmosset cmostest read crc intel_iommu'.split(' '),
)

/** They change what is read, and are not followed. */
export const NOT_FOLLOWED = new Set(
  `loopback cryptomount drivemap net_bootp net_bootp6 net_dhcp net_add_addr net_add_dns net_add_route net_del_addr
  net_del_dns net_del_route net_get_dhcp_option net_ipv6_autoconf net_ls_addr net_ls_cards net_ls_dns net_ls_routes
  net_nslookup legacy_source legacy_configfile legacy_initrd legacy_initrd_nounzip legacy_kernel legacy_check_password
  legacy_password extract_legacy_entries_source extract_legacy_entries_configfile extract_entries_source
  extract_entries_configfile extract_syslinux_entries_source extract_syslinux_entries_configfile syslinux_source
  syslinux_configfile zfsinfo zfs-bootfs zfskey tpm2_key_protector_init tpm2_key_protector_clear`.split(
    /\s+/,
  ),
)

/** They load something that is no Linux kernel of its own: multiboot, another boot loader, other systems. */
export const OTHER_LOADERS = new Set(
  `multiboot multiboot2 xen_hypervisor chainloader appleloader ntldr pxechainloader knetbsd kopenbsd kfreebsd kopenbsd_ramdisk
  xnu_kernel xnu_kernel64 xnu_resume plan9 freedos efiemu_loadcore truecrypt lnxboot`.split(/\s+/),
)

/** They add to what is loaded. */
export const MODULE_COMMANDS = new Set(
  `module module2 xen_module knetbsd_module knetbsd_module_elf kfreebsd_loadenv kfreebsd_module kfreebsd_module_elf
  xnu_kext xnu_kextdir xnu_mkext xnu_ramdisk xnu_splash xnu_devprop_load`.split(/\s+/),
)
