"use strict";
// Everything here comes from this server; /docs says so in its Content-Security-Policy, too.
window.addEventListener("DOMContentLoaded", () => {
  const ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    layout: "BaseLayout",
    presets: [SwaggerUIBundle.presets.apis],
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    defaultModelExpandDepth: 4,
    filter: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    // A token in localStorage would outlive the tab and be read by any script of this origin.
    persistAuthorization: false,
    // By default Swagger UI shows the document to a validator on the internet.
    validatorUrl: null,
    oauth2RedirectUrl: window.location.origin + "/docs/oauth2-redirect",
  });
  // The dialog puts the cursor in its last field, and would open at its end.
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".authorize, .authorization__btn")) return;
    requestAnimationFrame(() => document.querySelector(".modal-ux-content")?.scrollTo(0, 0));
  });
  ui.initOAuth({ clientId: "swagger", scopes: [], usePkceWithAuthorizationCodeGrant: true });
});
