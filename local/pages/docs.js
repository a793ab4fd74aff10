// Everything that the renderer would ask of its maker's servers is off; the page's policy refuses it as well.
Scalar.createApiReference("#reference", {
  url: "/openapi.json",
  servers: [{ url: location.origin }],
  localization: { locale: navigator.language.startsWith("en") ? "en" : "es" },
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: "never",
  hideClientButton: true,
  persistAuth: true,
});
