/** How a machine is switched on and off, and what it boots next. Secrets are in it: it is never printed. */
export type BmcAddress =
  | Readonly<{
      kind: 'ipmi'
      host: string
      port: number
      username: string
      password: string
      /** As `ipmitool -C`; 3 and 17 are in use. */
      cipherSuite: number
    }>
  | Readonly<{
      kind: 'redfish'
      /** `https://bmc.example` */
      url: string
      /** `/redfish/v1/Systems/1`; undefined where the service has exactly one. */
      systemPath?: string
      username: string
      password: string
      /** `false`: any certificate is taken. A path: PEM file of the authorities to trust. */
      verify: boolean | string
    }>
  /** Somebody switches the machine by hand. It can be woken over the network, and that is all. */
  | Readonly<{ kind: 'wakeOnLan'; mac: string; broadcast: string }>

/** What a machine boots the next time, once; or from then on. */
export type BootOrder = Readonly<{
  from: 'network' | 'disk'
  lasts: 'once' | 'always'
  firmware: Firmware
}>

export type Firmware = 'bios' | 'uefi'

/** `changing`: somebody is switching it at this moment. */
export type PowerState = 'on' | 'off' | 'changing' | 'unknown'
