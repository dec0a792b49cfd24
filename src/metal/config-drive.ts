/**
 * What cloud-init finds on the machine as its `config-2` drive. Ironic makes the drive out of this (API 1.56 and newer):
 * no file system is made here, and no root is needed.
 * https://docs.openstack.org/nova/latest/user/metadata.html, https://docs.cloud-init.io/en/latest/reference/datasources/configdrive.html
 */
export type ConfigDrive = Readonly<{
  metaData: Readonly<Record<string, unknown>>
  userData?: string
  networkData?: Readonly<Record<string, unknown>>
}>

export type DriveWishes = Readonly<{
  /** Lines of an authorized_keys file. */
  sshKeys: readonly string[]
  userData?: string
  networkData?: Readonly<Record<string, unknown>>
  hostname?: string
}>

/** Undefined where nothing is wished for: then no drive is made. */
export function configDrive(
  wishes: DriveWishes,
  node: Readonly<{ uuid: string; name?: string }>,
): ConfigDrive | undefined {
  const { sshKeys, userData, networkData, hostname } = wishes
  if (sshKeys.length === 0 && userData === undefined && networkData === undefined && hostname === undefined) {
    return undefined
  }
  const name = hostname ?? node.name ?? node.uuid
  return {
    metaData: {
      uuid: node.uuid,
      name,
      hostname: name,
      ...(sshKeys.length === 0
        ? {}
        : { public_keys: Object.fromEntries(sshKeys.map((key, index) => [`key-${index}`, key.trim()])) }),
    },
    ...(userData === undefined ? {} : { userData }),
    ...(networkData === undefined ? {} : { networkData }),
  }
}

/** OpenSSH's public key formats as sshd(8), AUTHORIZED_KEYS, has them; what it does not know it would skip in silence. */
export function isPublicKey(line: string): boolean {
  return /^(ssh-(rsa|ed25519|dss)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/]+={0,3}( .*)?$/.test(
    line.trim(),
  )
}
