using Microsoft.Extensions.Options;

namespace Islet.Edge;

[OptionsValidator]
sealed partial class EdgeOptionsValidator : IValidateOptions<EdgeOptions>;
