/** The services that Anneal speaks to, by their type in the catalogue. */
export type ServiceType = 'identity' | 'image' | 'baremetal' | 'compute'

export type Scope = Readonly<{
  projectId?: string
  projectName?: string
  projectDomainId?: string
  projectDomainName?: string
  domainId?: string
  domainName?: string
  /** `all`: the system scope of Keystone. */
  system?: string
}>

/** How one logs in. Secrets are only here and in the requests to the service that wants them. */
export type Auth = Readonly<
  | {
      kind: 'password'
      authUrl: string
      userId?: string
      username?: string
      userDomainId?: string
      userDomainName?: string
      password: string
      scope: Scope
    }
  | {
      kind: 'applicationCredential'
      authUrl: string
      id?: string
      name?: string
      username?: string
      userId?: string
      userDomainId?: string
      userDomainName?: string
      secret: string
    }
  | { kind: 'token'; authUrl: string; token: string; scope: Scope }
  /** No Keystone: a service by itself, open to who reaches it. */
  | { kind: 'none'; endpoint?: string }
  /** No Keystone: a service by itself that asks for a user and a password (RFC 7617). */
  | { kind: 'httpBasic'; endpoint?: string; username: string; password: string }
>

/** Where and how to reach one cloud. */
export type Cloud = Readonly<{
  name: string
  auth: Auth
  region?: string
  interface: 'public' | 'internal' | 'admin'
  /** PEM file of the authorities to trust instead of the system's. */
  caFile?: string
  /** Client certificate and key, PEM files. */
  certFile?: string
  keyFile?: string
  /** Endpoints that are taken instead of what the catalogue says. */
  endpoints: Readonly<Partial<Record<ServiceType, string>>>
}>

/** How a setting that overrides the catalogue is called in clouds.yaml. */
export function overrideName(service: ServiceType): string {
  return `${service}_endpoint_override`
}

/** Who has logged in, and to what: for people, who have to see why a service gives them nothing. */
export type Login = Readonly<{
  /** `user "admin" of project "demo" (roles member, reader)`. Never a secret. */
  who: string
  /** What the login is for; without Keystone there are no scopes. */
  scope: 'project' | 'domain' | 'system' | 'none' | 'standalone'
}>

/** Who logs in, for people. Never a secret. */
export function describeLogin(auth: Auth): string {
  switch (auth.kind) {
    case 'password':
      return `user "${auth.username ?? auth.userId ?? '?'}"`
    case 'applicationCredential':
      return `application credential "${auth.name ?? auth.id ?? '?'}"`
    case 'token':
      return 'the holder of a token'
    case 'httpBasic':
      return `user "${auth.username}"`
    case 'none':
      return 'a client without login'
  }
}

/** What must never be printed. */
export function secretsOf(auth: Auth): readonly string[] {
  switch (auth.kind) {
    case 'password':
    case 'httpBasic':
      return [auth.password]
    case 'applicationCredential':
      return [auth.secret]
    case 'token':
      return [auth.token]
    case 'none':
      return []
  }
}
