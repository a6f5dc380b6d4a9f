using Islet.Edge.Tls;
using Microsoft.Extensions.Options;

namespace Islet.Edge;

[OptionsValidator]
sealed partial class EdgeOptionsValidator : IValidateOptions<EdgeOptions>;

[OptionsValidator]
sealed partial class EdgeTlsOptionsValidator : IValidateOptions<EdgeTlsOptions>;
