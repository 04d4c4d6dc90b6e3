// An OpenID provider of somebody else's making, at which people sign in to our console: node issuer.mjs PORT REDIRECT_URI SECRET
import Provider from 'oidc-provider';

const [port, redirect, secret] = process.argv.slice(2);
const email = (id) => `${id}@demo.example`;
const provider = new Provider(`http://localhost:${port}`, {
  clients: [{ client_id: 'coe-console', client_secret: secret, redirect_uris: [redirect] }],
  claims: { openid: ['sub'], email: ['email'] },
  cookies: { keys: ['of no use outside this test'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: email(id) }) }),
  extraTokenClaims: (_, token) => ({ email: email(token.accountId) }),
  features: {
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:coe',
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: '', audience: 'coe', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
    },
  },
});
provider.listen(Number(port), 'localhost', () => console.log('ready'));
